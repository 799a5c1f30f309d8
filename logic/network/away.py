"""Ports of servers that are on no host: shelved and offloaded ones keep theirs, which nothing has plugged in meanwhile. Neutron
has such ports unbound and ``DOWN``; their rows stay as they are, since they come back with their server.

A condition on rows of ports, which a list takes with its own statement. Called by ``queries``.
"""

from typing import Final

from django.db.models import Exists, OuterRef

from logic.compute.models import Server
from logic.compute.states import Mode

AWAY: Final = Exists(Server.objects.filter(pk=OuterRef("device"), mode=Mode.OFFLOADED))


def is_away(device: str) -> bool:
    """Is this server on no host?"""
    return Server.objects.filter(pk=device, mode=Mode.OFFLOADED).exists()
