"""The routers on this node, kept as the API wants them: the order of things is here. Called by ``following`` at each turn.

At once those that are this node's may speak for another lease, and no others; then what is not wanted is taken away, and what is
not as it should be is set up, for as long as there is time before the next question. A lease counts from before the question was
sent, whatever took its time since.
"""

import hashlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from snf_node import running
from snf_node.errors import Failed, Refused
from snf_node.routers import advertising, making, planning
from snf_node.routers.making import Here
from snf_node.routers.wanted import Leg, Router, is_router, understood
from snf_node.wanted.keeping import write

PARTS: Final = 4  # of a lease: after each it is time to ask
LONGEST: Final = 60.0  # seconds: no lease is longer


class Answer(NamedTuple):
    """``routers`` are all that this node carries; None: as it knows it. ``lease`` in seconds."""

    lease: float
    routers: dict[str, str | None]


Ask = Callable[[list[str], Mapping[str, str]], Answer]  # the links that are reached, digests by router


class Keeper:
    """``turn`` raises :class:`Failed` when no API answers. What each router was set up by is in ``directory``, forgotten at a
    boot of the node, as they are."""

    def __init__(self, directory: Path, named: Mapping[str, str], ask: Ask) -> None:
        self._directory, self._named, self._ask = directory, named, ask
        self._fenced: tuple[tuple[str, str], ...] | None = None
        self._until = 0.0  # the end of the lease
        self._alive: dict[str, Router] = {}  # what may speak until then
        self._told_at: dict[str, float] = {}  # when guests of IPv6 were told of it last

    def turn(self) -> float:
        """The seconds of the lease."""
        spaces, links = making.there()
        reached = making.bridges(self._named)
        known = {name: text for name in spaces if (text := self._known(name))}
        asked_at = time.monotonic()
        answer = self._ask(sorted(reached), {name: _digest(text) for name, text in known.items()})
        self._until = asked_at + answer.lease
        wanted = self._understood(answer, known)
        self._alive = {name: one for name, one in wanted.items() if name in known and _is_of(known[name], one)}
        self._renew(links)  # what is another's by now is silent
        gone = sorted((spaces | {one.router for one in links.values()}) - answer.routers.keys())
        work = [partial(self._take_away, name, links) for name in gone]
        for name in [name for name, one in wanted.items() if not _is_right(name, one, known, links)]:
            text = answer.routers[name] or known[name]
            work.append(partial(self._set_up, name, wanted[name], text, reached))
        self._do(work, asked_at + answer.lease / PARTS)
        self._advertise()
        return answer.lease

    def _do(self, work: Sequence[Callable[[], None]], until: float) -> None:
        """One at least, and no more when it is time to ask again: the next turn finds what is left."""
        for step in work:
            step()
            if time.monotonic() > until:
                return

    def _advertise(self) -> None:
        now = time.monotonic()
        self._told_at = {name: at for name, at in self._told_at.items() if name in self._alive}
        for name in [
            one for one in self._alive if now - self._told_at.get(one, -advertising.EVERY) >= advertising.EVERY
        ]:
            try:
                making.advertise(name, self._alive[name])
                self._told_at[name] = now
            except OSError as error:
                say(f"{name}: its guests were not told of it: {error}")

    def _set_up(self, name: str, wanted: Router, text: str, reached: Mapping[str, str]) -> None:
        """By itself: one that cannot be set up keeps no other from it. What was set up goes on until it is another."""
        try:
            before = self._known(name)
            self._file(name).unlink(missing_ok=True)
            making.prepare(name, wanted, making.there()[1], understood(before) if before else None)
            self._renew(making.there()[1])
            making.connect(name, wanted, reached)
            self._alive[name] = wanted
            self._told_at.pop(name, None)
            self._renew(making.there()[1])
            making.announce(name, wanted)
            write(self._file(name), text.encode())
        except (Failed, Refused, OSError) as error:
            say(f"{name}: it is not set up: {error}")

    def _renew(self, links: Mapping[str, Here]) -> None:
        """What is alive may speak until the lease is over. Fences are made anew when the legs are others, or they are gone."""
        legs = [leg for one in self._alive.values() for leg in one.legs if leg.near in links]
        strangers = [_bare(near) for near in sorted(links.keys() - {leg.near for leg in legs})]
        names = [leg.near for leg in legs]
        now = tuple(sorted((leg.near, leg.prefix) for leg in (*legs, *strangers)))
        left = int((self._until - time.monotonic()) * 1000)
        if now != self._fenced or not _told(planning.renewal(names, left)):
            self._fenced = None
            running.nft(planning.fence([*legs, *strangers], names, left))
            self._fenced = now
        if time.monotonic() >= self._until:
            running.nft(planning.renewal([], 0))

    def _take_away(self, name: str, links: Mapping[str, Here]) -> None:
        try:
            self._file(name).unlink(missing_ok=True)
            making.take_away(name, [near for near, one in links.items() if one.router == name])
        except (Failed, OSError) as error:
            say(f"{name}: it is not wanted any more, and is not gone: {error}")

    def _understood(self, answer: Answer, known: Mapping[str, str]) -> dict[str, Router]:
        found = {}
        for name, text in answer.routers.items():
            try:
                found[name] = understood(text or known[name])
            except (Refused, KeyError) as error:
                say(f"{name}: what is wanted of it is not understood: {error}")
        return found

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def _known(self, name: str) -> str:
        """Empty when it was never set up to its end, or by something that is not understood."""
        if not is_router(name):
            return ""
        try:
            text = self._file(name).read_text()
            understood(text)
        except (FileNotFoundError, Refused, ValueError):
            return ""
        return text


def _is_right(name: str, wanted: Router, known: Mapping[str, str], links: Mapping[str, Here]) -> bool:
    """Was it set up as it is wanted, and are its legs where they were?"""
    here = {near for near, one in links.items() if one.router == name and one.master}
    return name in known and understood(known[name]) == wanted and here == {leg.near for leg in wanted.legs}


def _is_of(text: str, wanted: Router) -> bool:
    """Has nobody else had it since it was set up here?"""
    return understood(text).epoch == wanted.epoch


def _told(text: str) -> bool:
    try:
        running.nft(text)
    except Failed:
        return False
    return True


def _bare(near: str) -> Leg:
    """A near end of which no more is known: it has a fence, and is closed."""
    port = f"{near[2:10]}-{near[10:]}"
    return Leg(port=port, link="", mac="", prefix="", mtu=0, addresses=(), outside=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def say(sentence: str) -> None:
    sys.stderr.write(f"snf-routers: {sentence}\n")
