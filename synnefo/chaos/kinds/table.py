"""KINDS: every fault there is, by name."""

from typing import Final

from synnefo.chaos.kinds import programs, servers
from synnefo.chaos.kinds.base import Kind

KINDS: Final[dict[str, Kind]] = {
    "kill-dispatcher": Kind(act=programs.kill_dispatcher, weight=8),
    "kill-both-dispatchers": Kind(act=programs.kill_both_dispatchers, weight=3),
    "kill-eventd": Kind(act=programs.kill_eventd, weight=6),
    "kill-api": Kind(act=programs.kill_api, weight=4),
    "kill-simulator": Kind(act=programs.kill_simulator, weight=4),
    "kill-broker": Kind(act=servers.kill_broker, weight=4),
    "kill-database": Kind(act=servers.kill_database, weight=4),
}
