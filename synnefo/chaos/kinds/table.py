"""KINDS: every fault there is, by name."""

from pathlib import Path
from typing import Final

from synnefo.chaos.kinds import clusters, messages, network, programs, servers
from synnefo.chaos.kinds.base import BACK, HEALED, KILLED, RESTARTED, Kind

CLOSED: Final = "Unexpected connection close from remote"  # the broker's client says so
DISK: Final = "a small file system for the database"
DOWN: Final = frozenset({"SynnefoProcessDown"})
NO_BROKER: Final = frozenset({"SynnefoBrokerAway"})
SILENT: Final = frozenset({"SynnefoEventdSilent"})
LATE: Final = frozenset({"SynnefoCommandsLate"})
NO_DATABASE: Final = frozenset({"SynnefoDatabaseAway"})
NO_CLUSTER: Final = frozenset({"SynnefoClusterAway"})
STRUGGLES: Final = NO_DATABASE | {"SynnefoDatabaseRepeats", "SynnefoEventsSlow", "SynnefoApiFails"}
ANEW: Final = "everybody connects anew before anybody looks"
KINDS: Final[dict[str, Kind]] = {
    "kill-dispatcher": Kind(act=programs.kill_dispatcher, weight=8, alerts=DOWN, sort=KILLED),
    "kill-both-dispatchers": Kind(act=programs.kill_both_dispatchers, weight=4, alerts=DOWN, sort=KILLED),
    "kill-eventd": Kind(act=programs.kill_eventd, weight=6, alerts=DOWN, sort=KILLED),
    "kill-api": Kind(act=programs.kill_api, weight=4, alerts=DOWN, sort=KILLED),
    "kill-simulator": Kind(act=programs.kill_simulator, weight=4, alerts=NO_CLUSTER),
    "pause-dispatcher": Kind(act=programs.pause_dispatcher, weight=3, alerts=DOWN),
    "pause-dispatcher-for-long": Kind(act=programs.pause_dispatcher_for_long, alerts=DOWN),
    "restart-dispatchers": Kind(act=programs.restart_dispatchers, weight=3, alerts=DOWN, sort=RESTARTED),
    "skew-dispatcher": Kind(
        act=programs.skew_dispatcher,
        weight=3,
        needs=programs.FAKETIME,
        alerts=programs.SKEWED,
        quiet="a clock that only drifts is a second off by then; five are told",
    ),
    "kill-broker": Kind(act=servers.kill_broker, weight=4, alerts=NO_BROKER | SILENT, sort=BACK),
    "close-broker-connections": Kind(act=servers.close_connections, errors=frozenset({CLOSED}), quiet=ANEW),
    "alarm-broker": Kind(act=servers.alarm_broker, alerts=SILENT | LATE),
    "kill-database": Kind(act=servers.kill_database, weight=4, alerts=STRUGGLES, sort=BACK),
    "end-database-sessions": Kind(act=servers.end_sessions, weight=2, quiet=ANEW),
    "lock-servers": Kind(act=servers.lock_servers, alerts=STRUGGLES),
    "fill-disk": Kind(act=servers.fill_disk, needs=DISK, alerts=STRUGGLES),
    "cut-database": Kind(act=network.cut_database, weight=3, alerts=NO_DATABASE, sort=HEALED),
    "cut-broker": Kind(act=network.cut_broker, weight=3, alerts=NO_BROKER | SILENT, sort=HEALED),
    "cut-rapi": Kind(act=network.cut_rapi, weight=2, alerts=NO_CLUSTER, sort=HEALED),
    "cut-dispatcher-off": Kind(act=network.cut_dispatcher_off, weight=2, alerts=NO_DATABASE | NO_BROKER, sort=HEALED),
    "cut-one-way": Kind(act=network.cut_one_way, weight=3, alerts=network.ANY, sort=HEALED),
    "lose-link": Kind(act=network.lose_link, weight=2, alerts=network.ANY, sort=HEALED),
    "reset-link": Kind(act=network.reset_link, weight=2, quiet=ANEW),
    "delay-link": Kind(
        act=network.delay_link,
        alerts=NO_DATABASE,
        quiet="but for a dispatcher's database nobody asks so much that half a second more is too much",
    ),
    "chop-link": Kind(act=network.chop_link, quiet="everything arrives, in pieces"),
    "half-close-link": Kind(act=network.half_close_link, quiet=ANEW),
    "slow-rapi": Kind(
        act=clusters.slow_rapi, alerts=NO_CLUSTER, quiet="answers that come within the time they have are answers"
    ),
    "busy-rapi": Kind(act=clusters.busy_rapi, alerts=NO_CLUSTER),
    "deaf-rapi": Kind(act=clusters.deaf_rapi, alerts=NO_CLUSTER),
    "lost-answers": Kind(
        act=clusters.lost_answers,
        weight=3,
        quiet="questions are answered; each order is looked for, and found or sent again",
    ),
    "stale-rapi": Kind(
        act=clusters.stale_rapi, weight=3, quiet="old answers look like new ones; rows that have moved since take none"
    ),
    "failing-jobs": Kind(
        act=clusters.failing_jobs,
        alerts=clusters.FAILS,
        quiet="jobs that fail now and then are told to the users who asked",
    ),
    "falling-guests": Kind(act=clusters.falling_guests, quiet="a guest's end is its user's affair"),
    "poison": Kind(
        act=messages.poison,
        weight=2,
        alerts=frozenset({"SynnefoQuarantine"}),
        errors=frozenset({"message.quarantined"}),
    ),
    "replay": Kind(act=messages.replay, weight=2, quiet="what is known already is counted, and that is all"),
}


def possible(*, disk: Path | None) -> dict[str, Kind]:
    """Those that this machine can do: ``disk`` is where the database's own file system is, if it has one."""
    return {name: kind for name, kind in KINDS.items() if _has(kind.needs, disk)}


def _has(need: str, disk: Path | None) -> bool:
    return disk is not None if need == DISK else not need or Path(need).exists()
