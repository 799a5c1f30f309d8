"""The table of programs and the figures each one measures. A program is a module with
``measure(site: Site) -> Iterator[Figure]``; who adds one adds a line here."""

import sys
from collections.abc import Sequence

import msgspec


class Program(msgspec.Struct, frozen=True):
    """``figures`` are the names of the lines it prints, in their order."""

    module: str
    figures: tuple[str, ...]


MACHINE = "machine"  # the first line: where all this was measured
PROGRAMS: dict[str, Program] = {
    "dispatcher": Program(
        "synnefo.bench.dispatcher",
        ("dispatcher.one/raw_consumer", "dispatcher.two/dispatcher.one", "dispatcher.one/celery_orm"),
    ),
    "latency": Program(
        "synnefo.bench.latency",
        ("event_to_row.p50_ms", "event_to_row.p99_ms", "event_to_api.p50_ms", "event_to_api.p99_ms"),
    ),
    "poison": Program("synnefo.bench.poison", ("poison.event_to_row.p99_ms",)),
    "api": Program("synnefo.bench.api", ("server_get/raw_asgi", "servers_detail_1000/raw_asgi", "servers_post")),
    "growth": Program(
        "synnefo.bench.growth",
        tuple(
            f"growth.{path}"
            for path in ("server_get", "servers_detail_1000", "servers_post", "page_depth", "dispatcher")
        ),
    ),
    "resync": Program("synnefo.bench.resync", ("resync_10000_s", "resync_10000_quiet_s")),
    "console": Program(
        "synnefo.bench.console", ("console.raw/bare", "console.websocket/websockify", "console.added_p50_ms")
    ),
}


def chosen(names: Sequence[str]) -> list[str]:
    """The programs that are named, themselves or by a figure of theirs; all of them when none is."""
    known = {figure: name for name, program in PROGRAMS.items() for figure in program.figures}
    known |= {name: name for name in PROGRAMS}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no {unknown[0]!r}. Name some of: {', '.join(known)}")
    wanted = {known[name] for name in names}
    return [name for name in PROGRAMS if name in wanted or not names]
