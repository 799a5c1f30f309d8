"""The loop of ``snf-routers``: asks the API which routers this node carries, four times in a lease.

``POST <API>/nodes/v1/routers`` with a bearer token, the cluster's node key. What is asked and answered::

    {"node": "n1.example.org", "boot": "6f1c…", "links": ["br0", "155"], "routers": {"3f0c…": "<SHA-256 of its text>"}}
    {"lease": 8.0, "routers": {"3f0c…": null, "77aa…": "<what it should be>"}}

A router that is not answered is not this node's. For ``lease`` seconds from when the question was sent no other node has those
that are. One thread. A supervisor is told of each turn.
"""

import argparse
import contextlib
import json
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from snf_node.errors import Failed, Refused
from snf_node.leases.serving import notify
from snf_node.places import places
from snf_node.routers.keeping import LONGEST, PARTS, Answer, Keeper, say
from snf_node.routers.wanted import is_router, links
from snf_node.wanted.asking import Apis

PATH: Final = "/nodes/v1/routers"
BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
EVERY: Final = 2.0  # seconds between two questions until one is answered
LEAST: Final = 0.4  # seconds of a lease, for asking again
BEAT: Final = 1.0  # seconds: the supervisor is told that it goes on
PATIENCE: Final = 2.0  # seconds for an API: another has to be asked while the lease lasts


class Follower:
    """``turn`` until told to end."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper, self._every = keeper, EVERY
        self._due, self._failed = 0.0, False
        self._woken, self._wakes = socket.socketpair()
        self.ends = False

    def end(self) -> None:
        """From a signal's handler: the turn under way is the last."""
        self.ends = True
        self._wakes.send(b"\0")

    def turn(self) -> None:
        """Wait for the time to ask, at most a beat, and ask when it is due."""
        self._woken.settimeout(max(min(BEAT, self._due - time.monotonic()), 0.001))
        with contextlib.suppress(TimeoutError):
            self._woken.recv(1)
        if not self.ends and time.monotonic() >= self._due:
            asked_at = time.monotonic()
            self._ask()
            self._due = asked_at + self._every

    def _ask(self) -> None:
        try:
            self._every = max(self._keeper.turn(), LEAST) / PARTS
        except (Failed, Refused, OSError) as error:
            if not self._failed:
                say(f"the routers here may be silent soon, since nothing is known of them: {error}")
            self._failed = True
        else:
            if self._failed:
                say("it goes on")
            self._failed = False


def asking(apis: Apis, node: str) -> Any:
    """What :class:`Keeper` asks by."""

    def ask(reached: list[str], known: Mapping[str, str]) -> Answer:
        return apis.told(PATH, {"node": node, "boot": boot, "links": reached, "routers": known}, _answer)

    boot = BOOT.read_text().strip()
    return ask


def _answer(text: bytes) -> Answer:
    found = json.loads(text)
    routers = found.get("routers") if isinstance(found, dict) else None
    if not isinstance(routers, dict) or not all(_is_told(name, one) for name, one in routers.items()):
        raise ValueError("that is no answer of ours")
    lease = float(str(found.get("lease")))
    if not 0 < lease <= LONGEST:
        raise ValueError(f"that is no lease: {lease} seconds")
    return Answer(lease, routers)


def _is_told(name: str, text: Any) -> bool:
    return is_router(name) and (text is None or isinstance(text, str))


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Until SIGTERM or SIGINT: what is set up stays, and is silent soon. 2 for words that make no sense."""
    given = parser().parse_args(words)
    try:
        named = links(given.links)
        urls = given.apis.replace(",", " ").split()
        apis = Apis(urls, given.key_file, given.ca_file, plain=given.plain == "yes", patience=PATIENCE)
    except (ValueError, OSError) as error:
        say(str(error))
        return 2
    directory = places(environment).routers
    directory.mkdir(parents=True, exist_ok=True, mode=0o755)
    follower = Follower(Keeper(directory, named, asking(apis, given.node or socket.gethostname())))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: follower.end())
    notify("READY=1\nSTATUS=Following")
    say("following")
    while not follower.ends:
        follower.turn()
        notify("WATCHDOG=1")
    notify("STOPPING=1")
    return 0


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="snf-routers", description=__doc__)
    options.add_argument(
        "--apis", required=True, help="addresses of the API, with commas between: https://cloud.example.org"
    )
    options.add_argument(
        "--key-file", required=True, type=Path, help="the node key of the cluster (manage.py backend-node-key)"
    )
    options.add_argument("--ca-file", default="", help="certificates of authorities; the machine's own when empty")
    options.add_argument("--plain", default="no", choices=("yes", "no"), help="whether http:// is taken too")
    options.add_argument(
        "--links",
        default="",
        help="bridges whose links have other names in the cloud, such as 155=br-ext, with commas between",
    )
    options.add_argument(
        "--node", default="", help="what this node is called, once in its cluster; empty: its host name"
    )
    return options
