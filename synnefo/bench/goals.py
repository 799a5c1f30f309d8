"""What each figure should reach on two cores, and in words. Read by ``page``; no test passes or fails by them."""

from collections.abc import Callable

import msgspec

from synnefo.bench.figures import Figure


class Goal(msgspec.Struct, frozen=True):
    """``text`` for people, ``reached`` of one line; None when it is about another rate."""

    text: str
    reached: Callable[[Figure], bool | None]


def _ratio(least: float) -> Goal:
    return Goal(f"ratio at least {least:g}", lambda figure: (figure.ratio or 0.0) >= least)


def _at_most(most: float) -> Goal:
    return Goal(f"at most {most:g}", lambda figure: figure.value <= most)


def _at_100(most: float) -> Goal:
    """Goals of latency are for 100 events a second."""

    def reached(figure: Figure) -> bool | None:
        return figure.value <= most if figure.facts.get("events_a_second") == 100 else None  # noqa: PLR2004

    return Goal(f"at most {most:g} at 100 events a second", reached)


_FLAT = Goal("ratio at most 1.3", lambda figure: (figure.ratio or 0.0) <= 1.3)  # noqa: PLR2004
GOALS: dict[str, Goal] = {
    "dispatcher.one/raw_consumer": _ratio(0.6),
    "dispatcher.one/celery_orm": _ratio(10),
    "event_to_row.p50_ms": _at_100(3),
    "event_to_row.p99_ms": _at_100(15),
    "event_to_api.p50_ms": _at_100(3),
    "event_to_api.p99_ms": _at_100(15),
    "poison.event_to_row.p99_ms": Goal("ratio at most 1.1", lambda figure: (figure.ratio or 0.0) <= 1.1),  # noqa: PLR2004
    "server_get/raw_asgi": _ratio(0.4),
    "servers_detail_1000/raw_asgi": _ratio(0.5),
    "growth.server_get": _FLAT,
    "growth.servers_detail_1000": _FLAT,
    "growth.servers_post": _FLAT,
    "growth.page_depth": _FLAT,
    "growth.dispatcher": _FLAT,
    "resync_10000_s": _at_most(60),
    "resync_10000_quiet_s": _at_most(60),
    "console.raw/bare": _ratio(0.8),
    "console.websocket/websockify": _ratio(1.0),
    "console.added_p50_ms": _at_most(1),
}
