"""KINDS: every fault there is, by name."""

from pathlib import Path
from typing import Final

from synnefo.chaos.kinds import clusters, messages, network, programs, servers
from synnefo.chaos.kinds.base import BACK, HEALED, KILLED, Kind

CLOSED: Final = "Unexpected connection close from remote"  # the broker's client says so
DOWN: Final = frozenset({"SynnefoProcessDown"})
NO_BROKER: Final = frozenset({"SynnefoBrokerAway", "SynnefoEventdSilent"})
NO_DATABASE: Final = frozenset({"SynnefoDatabaseAway", "SynnefoDatabaseRepeats"})
DISK: Final = "a small file system for the database"
KINDS: Final[dict[str, Kind]] = {
    "kill-dispatcher": Kind(act=programs.kill_dispatcher, weight=8, alerts=DOWN, sort=KILLED),
    "kill-both-dispatchers": Kind(act=programs.kill_both_dispatchers, weight=4, alerts=DOWN, sort=KILLED),
    "kill-eventd": Kind(act=programs.kill_eventd, weight=6, alerts=DOWN, sort=KILLED),
    "kill-api": Kind(act=programs.kill_api, weight=4, alerts=DOWN, sort=KILLED),
    "kill-simulator": Kind(act=programs.kill_simulator, weight=4),
    "pause-dispatcher": Kind(act=programs.pause_dispatcher, weight=3, alerts=DOWN),
    "pause-dispatcher-for-long": Kind(act=programs.pause_dispatcher_for_long, alerts=DOWN),
    "restart-dispatchers": Kind(act=programs.restart_dispatchers),
    "skew-dispatcher": Kind(act=programs.skew_dispatcher, weight=3, needs=programs.FAKETIME),
    "kill-broker": Kind(act=servers.kill_broker, weight=4, alerts=NO_BROKER, sort=BACK),
    "close-broker-connections": Kind(act=servers.close_connections, errors=frozenset({CLOSED})),
    "alarm-broker": Kind(act=servers.alarm_broker),
    "kill-database": Kind(act=servers.kill_database, weight=4, alerts=NO_DATABASE, sort=BACK),
    "end-database-sessions": Kind(act=servers.end_sessions, weight=2),
    "lock-servers": Kind(act=servers.lock_servers),
    "fill-disk": Kind(act=servers.fill_disk, needs=DISK),
    "cut-database": Kind(act=network.cut_database, weight=3, sort=HEALED),
    "cut-broker": Kind(act=network.cut_broker, weight=3, sort=HEALED),
    "cut-rapi": Kind(act=network.cut_rapi, weight=2, sort=HEALED),
    "cut-dispatcher-off": Kind(act=network.cut_dispatcher_off, weight=2, sort=HEALED),
    "cut-one-way": Kind(act=network.cut_one_way, weight=3, sort=HEALED),
    "lose-link": Kind(act=network.lose_link, weight=2, sort=HEALED),
    "reset-link": Kind(act=network.reset_link, weight=2),
    "delay-link": Kind(act=network.delay_link),
    "chop-link": Kind(act=network.chop_link),
    "half-close-link": Kind(act=network.half_close_link),
    "slow-rapi": Kind(act=clusters.slow_rapi),
    "busy-rapi": Kind(act=clusters.busy_rapi),
    "deaf-rapi": Kind(act=clusters.deaf_rapi),
    "lost-answers": Kind(act=clusters.lost_answers, weight=3),
    "stale-rapi": Kind(act=clusters.stale_rapi, weight=3),
    "failing-jobs": Kind(act=clusters.failing_jobs),
    "falling-guests": Kind(act=clusters.falling_guests),
    "poison": Kind(
        act=messages.poison,
        weight=2,
        alerts=frozenset({"SynnefoQuarantine"}),
        errors=frozenset({"message.quarantined"}),
    ),
    "replay": Kind(act=messages.replay, weight=2),
}


def possible(*, disk: Path | None) -> dict[str, Kind]:
    """Those that this machine can do: ``disk`` is where the database's own file system is, if it has one."""
    return {name: kind for name, kind in KINDS.items() if _has(kind.needs, disk)}


def _has(need: str, disk: Path | None) -> bool:
    return disk is not None if need == DISK else not need or Path(need).exists()
