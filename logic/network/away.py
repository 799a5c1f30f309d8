"""Ports of servers that are on no host: shelved and offloaded ones keep theirs, which nothing has plugged in meanwhile. Neutron
has such ports unbound and ``DOWN``; their rows stay as they are, since they come back with their server.

A condition on rows of ports, which a list takes with its own statement. Called by ``queries``.
"""

from typing import Final

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from logic.compute.models import Server
from logic.compute.states import Mode

# Asked by the key of each: of an EXISTS PostgreSQL makes a table of all servers that are away, for which it reads all servers.
_MODE: Final = Subquery(Server.objects.filter(pk=OuterRef("device")).values("mode")[:1])
AWAY: Final = Exact(Coalesce(_MODE, Value("")), Value(str(Mode.OFFLOADED)))


def is_away(device: str) -> bool:
    """Is this server on no host?"""
    return Server.objects.filter(pk=device, mode=Mode.OFFLOADED).exists()
