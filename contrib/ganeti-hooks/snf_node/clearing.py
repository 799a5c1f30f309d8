"""Taking away all that was made for a tap: when it goes, when its set-up failed, and for taps that are gone without a word.

Ganeti's releases tell nobody that an interface goes, so each ifup looks for what has no interface any more: chains of ours,
files, and the ``[detached]`` routing rules that Ganeti's own set-up leaves too. Routes go with their device, or when it is down;
all else stays.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from snf_node import bindings, filters, routing, running, state
from snf_node.errors import Failed
from snf_node.places import Places

TAP: Final = re.compile(r"tap[0-9]+|gnt\.com\.[0-9]+")  # as Ganeti calls them


def left(where: Places, living: Iterable[str]) -> set[str]:
    """Taps of which something is left, and which are none of these."""
    known = state.names(where.taps) | state.names(where.bindings) | filtered()
    known |= {str(one["iif"]) for one in _rules(4) + _rules(6) if "iif_detached" in one and TAP.fullmatch(one["iif"])}
    return known - set(living)


def take_away(where: Places, taps: set[str], living: Iterable[str]) -> None:
    """Nothing of these is left. Those that live leave their bridge and are down: unfiltered they would be open. What fails keeps
    nothing else from being done; the files go last, so that another may find what is left."""
    if not taps:
        return
    alive = sorted(taps & set(living))
    _each(
        [
            lambda: running.ip([f"link set dev {tap} nomaster down" for tap in alive], version=4),
            *(partial(_no_rules, taps, version) for version in (4, 6)),
            lambda: _no_proxies(where, taps),
            lambda: running.nft("".join(filters.removing(tap) for tap in sorted(taps))),
        ]
    )
    for tap in sorted(taps):
        bindings.remove(where.bindings, tap)
        state.forget(where.taps, tap)


def _each(steps: Sequence[Callable[[], None]]) -> None:
    """All of them; then the first failure is told."""
    failures = []
    for step in steps:
        try:
            step()
        except Failed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _no_rules(taps: set[str], version: int) -> None:
    running.ip(routing.without_rules(taps, _rules(version)), version=version)


def filtered() -> set[str]:
    """Taps that have chains of ours."""
    ours = [one["name"] for one in running.nft_chains() if one["table"] == filters.TABLE.split()[1]]
    return {
        name.removeprefix(start)
        for name in ours
        for start in (filters.RECEIVED, filters.SENT)
        if name.startswith(start)
    }


def no_proxies_without_route(proxies: set[tuple[str, str]]) -> None:
    """None of these, but for addresses that lie on another tap of this node by now."""
    _without(
        {
            (address, device)
            for address, device in proxies
            if not running.shown("route", "show", "table", "all", "exact", address, version=6 if ":" in address else 4)
        }
    )


def _no_proxies(where: Places, taps: set[str]) -> None:
    """Those that were made for these taps, on whatever device."""
    known = [known for tap in taps if (known := state.recall(where.taps, tap))]
    no_proxies_without_route({proxy for one in known for proxy in one.proxies})


def _without(wanted: set[tuple[str, str]]) -> None:
    for version in (4, 6):
        listed = running.shown("neigh", "show", "proxy", version=version) if wanted else []
        there = {(str(one["dst"]), str(one["dev"])) for one in listed}
        running.ip([f"neigh del proxy {one} dev {device}" for one, device in sorted(wanted & there)], version=version)


def _rules(version: int) -> list[dict[str, Any]]:
    return running.shown("rule", "show", version=version)
