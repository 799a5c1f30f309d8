"""Where things are on a node. All below one root, which tests put elsewhere; Ganeti sets no such variable."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT_VARIABLE: Final = "SYNNEFO_NODE_ROOT"


class Places(NamedTuple):
    """``bindings``: one file a leased tap, NFDHCPD's format. ``taps``: what each tap was set up with; forgotten at a boot of the
    node, as the taps are. ``rules``: firewalls of interfaces by name. ``networks``: a file, see ``written``. ``routers``: what
    each router was set up by, forgotten likewise."""

    bindings: Path
    taps: Path
    rules: Path
    networks: Path
    routers: Path


def places(environment: Mapping[str, str]) -> Places:
    root = Path(environment.get(ROOT_VARIABLE) or "/")
    return Places(
        bindings=root / "var/lib/nfdhcpd",
        taps=root / "run/synnefo/taps",
        rules=root / "var/lib/synnefo/firewalls",
        networks=root / "etc/synnefo/node-networks",
        routers=root / "run/synnefo/routers",
    )
