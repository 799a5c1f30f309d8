"""What stands between a viewer and a server's screen: MB/s from the server to the viewer through our relay, beside the least
that a relay on asyncio can be; the same behind a WebSocket, beside websockify; and the milliseconds that our WebSocket adds to
the round trip of a key.

The server, the relay and the viewer are processes of their own, on the same two cores.
"""

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from synnefo.bench import relaying
from synnefo.bench.figures import Figure, alone, beside, percentile
from synnefo.bench.site import Site
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import Daemon, spare_port

OURS = "synnefo.bench.relays"
KINDS = ("bare", "raw", "websockify", "websocket")
ROUNDS = 1000  # a second of a run


def measure(site: Site) -> Iterator[Figure]:
    """``console.raw/bare``, ``console.websocket/websockify``, ``console.added_p50_ms``."""
    runs, seconds = site.options.runs, site.options.seconds
    with _running("source") as source, _between(source) as ports:
        rates = [_rates(ports, seconds) for _ in range(runs)]
    bare, raw, peer, ours = zip(*rates, strict=True)
    yield beside("console.raw/bare", "MB/s", raw, bare, seconds=seconds)
    yield beside("console.websocket/websockify", "MB/s", ours, peer, seconds=seconds)
    with _running("echo") as echo, _between(echo) as ports:
        added = [_added(echo, ports, int(ROUNDS * seconds)) for _ in range(runs)]
    medians, direct, peers = zip(*added, strict=True)
    facts = {"without_ms": round(statistics.median(direct), 3), "websockify_ms": round(statistics.median(peers), 3)}
    yield alone("console.added_p50_ms", "ms", medians, rounds=int(ROUNDS * seconds), **facts)


Ports = tuple[int, int, int, int]  # of the kinds, in their order


@contextlib.contextmanager
def _between(server: int) -> Iterator[Ports]:
    """All relays to one server; those that nobody uses cost nothing."""
    with contextlib.ExitStack() as stack:
        bare, raw, peer, ours = (stack.enter_context(_running(kind, server)) for kind in KINDS)
        yield bare, raw, peer, ours


def _rates(ports: Ports, seconds: float) -> tuple[float, float, float, float]:
    bare, raw, peer, ours = ports
    return (
        relaying.rate(bare, seconds),
        relaying.rate(raw, seconds),
        relaying.rate(peer, seconds, websocket=True),
        relaying.rate(ours, seconds, websocket=True),
    )


def _added(server: int, ports: Ports, count: int) -> tuple[float, float, float]:
    """Milliseconds of the median round: added by ours, without anything, and added by websockify."""
    _, _, peer, ours = ports
    direct = percentile(relaying.rounds(server, count), 0.5)
    through, theirs = (percentile(relaying.rounds(port, count, websocket=True), 0.5) for port in (ours, peer))
    return through - direct, direct, theirs - direct


@contextlib.contextmanager
def _running(kind: str, to: int = 0) -> Iterator[int]:
    """Its port."""
    port = spare_port()
    words = ["-m", OURS, kind, str(port), str(to)]
    if kind == "websockify":
        words = ["-m", "websockify", f"{relaying.HOST}:{port}", f"{relaying.HOST}:{to}"]
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(
            [sys.executable, *words],
            user="root",
            log=Path(folder) / "log",
            ready=lambda: _listens(port),
            environment={"PATH": "/usr/bin:/bin"},
            directory=ROOT,
            within=60.0,
        )
        daemon.start()
        try:
            yield port
        finally:
            daemon.kill()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), relaying.viewer(port):
        return True
    return False
