"""The loop of ``snf-interfaces``: asks the API when a tap came up, and every two seconds.

One thread. A supervisor is told of each turn; an API that does not answer is asked less and less often, down to every half
minute, and everything stays as it was last known.
"""

import argparse
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from snf_node import ifup
from snf_node.errors import Failed, Refused
from snf_node.leases.serving import notify
from snf_node.leases.watching import Watch
from snf_node.places import ROOT_VARIABLE, places
from snf_node.wanted.asking import Apis
from snf_node.wanted.keeping import Keeper

BEAT: Final = 1.0  # seconds: the supervisor is told that it goes on
EVERY: Final = 2.0  # seconds between two questions
SELDOM: Final = 30.0  # when nobody answers


class Follower:
    """``turn`` until told to end."""

    def __init__(self, keeper: Keeper, taps: Path, every: float = EVERY) -> None:
        self._keeper, self._every = keeper, every
        self._watch = Watch(taps)
        self._woken, self._wakes = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._watch, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._due, self._failures = 0.0, 0
        self.ends = False

    def end(self) -> None:
        """From a signal's handler: the turn under way is the last."""
        self.ends = True
        self._wakes.send(b"\0")

    def turn(self) -> None:
        """Wait for a tap or for the time to ask, at most a beat, and ask when it is due."""
        patience = min(BEAT, max(self._due - time.monotonic(), 0.0))
        if any(key.fileobj is self._watch for key, _ in self._selector.select(patience)):
            self._watch.changed()
            self._due = 0.0
        if not self.ends and time.monotonic() >= self._due:
            self._ask()

    def _ask(self) -> None:
        try:
            self._keeper.turn()
        except (Failed, Refused, OSError) as error:
            if not self._failures:
                say(f"nothing new is known of the interfaces here: {error}")
            self._failures += 1
        else:
            if self._failures:
                say("the API answers again")
            self._failures = 0
        self._due = time.monotonic() + min(self._every * 2 ** min(self._failures, 10), SELDOM)

    def close(self) -> None:
        for one in (self._watch, self._woken, self._wakes):
            one.close()
        self._selector.close()


def refresh(tap: str, environment: Mapping[str, str]) -> bool:
    """As ``ACTION=refresh INTERFACE=<tap> kvm-vif-bridge``, which says on standard error what it could not do."""
    return ifup.main({**environment, "ACTION": "refresh", "INTERFACE": tap}) == 0


def say(sentence: str) -> None:
    sys.stderr.write(f"snf-interfaces: {sentence}\n")


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Until SIGTERM or SIGINT. 2 for words that make no sense."""
    given = parser().parse_args(words)
    where = places(environment)
    root = {name: environment[name] for name in (ROOT_VARIABLE,) if name in environment}
    try:
        apis = Apis(given.apis.replace(",", " ").split(), given.key_file, given.ca_file, plain=given.plain == "yes")
    except (ValueError, OSError) as error:
        say(str(error))
        return 2
    where.taps.mkdir(parents=True, exist_ok=True, mode=0o755)
    follower = Follower(Keeper(where, apis.ask, lambda tap: refresh(tap, root)), where.taps)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: follower.end())
    _follow(follower)
    return 0


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="snf-interfaces", description=__doc__)
    options.add_argument(
        "--apis", required=True, help="addresses of the API, with commas between: https://cloud.example.org"
    )
    options.add_argument(
        "--key-file", required=True, type=Path, help="the node key of the cluster (manage.py backend-node-key)"
    )
    options.add_argument("--ca-file", default="", help="certificates of authorities; the machine's own when empty")
    options.add_argument("--plain", default="no", choices=("yes", "no"), help="whether http:// is taken too")
    return options


def _follow(follower: Follower) -> None:
    notify("READY=1\nSTATUS=Following")
    say("following")
    while not follower.ends:
        follower.turn()
        notify("WATCHDOG=1")
    notify("STOPPING=1")
    follower.close()
