"""A server that its cluster had no room for: which other one it is tried on, and as what it is ordered there.

Called by folding, through the store's door, in the transaction that hears of it. Nothing was made where it was refused; name,
addresses and quota are the server's wherever it is. Not moved is what somebody asked for in one zone, or beside or apart from
others, what is made with volumes, which are on one cluster, and what has been tried on :data:`MOST` clusters: then no valid host
was found.
"""

from collections.abc import Iterable

import msgspec
from django.conf import settings

from logic.compute.models import Server
from logic.errors import Malformed
from logic.ledger.models import Command
from logic.ledger.moves import Move
from logic.messages import codec
from logic.messages.commands import AnyCommand, CreateServer, NicSpec
from logic.network.models import BackendNetwork, Port
from logic.placement import choosing
from logic.placement.fitting import GIB, TEMPLATE, Needs
from logic.placement.models import Backend

MOST = 3  # clusters that a server is tried on in all
Plugged = dict[str, tuple[str, str]]  # ports: the network of each, and its own link


def elsewhere(server: str, command: str) -> Move | None:
    """Where it is tried next; None when nowhere."""
    row = Server.objects.select_related("backend").get(pk=server)
    order = _order(bytes(Command.objects.get(pk=command).payload))
    if type(order) is not CreateServer or row.pinned_zone or row.hints or len(order.tried) + 1 >= MOST:
        return None
    plugged = _plugged(row)
    away = {*order.tried, row.backend.name}
    home = choosing.elsewhere(_needs(row), away | _not_reaching(order.nics, plugged))
    if home is None:
        return None
    return Move(
        server=server,
        ports=tuple(plugged),
        command=command,
        payload=codec.encode(_ordered(order, row, home, plugged)),
        before=row.backend.name,
        backend=home.pk,
        name=home.name,
        incarnation=home.incarnation,
    )


def tried(payloads: Iterable[tuple[str, bytes]]) -> dict[str, frozenset[str]]:
    """By the ids of commands, the clusters that had no room."""
    orders = ((id, _order(payload)) for id, payload in payloads)
    return {id: frozenset(getattr(order, "tried", ())) for id, order in orders if order}


def _order(payload: bytes) -> AnyCommand | None:
    try:
        return codec.decode_command(payload)
    except Malformed:  # of a newer version
        return None


def _needs(row: Server) -> Needs:
    return Needs(
        memory=row.ram,
        disk=(row.disk + row.ephemeral) * GIB + row.swap,
        vcpus=row.vcpus,
        project=row.project,
        template=row.extra_specs.get(TEMPLATE, ""),
        default=settings.GANETI_DISK_TEMPLATE,
    )


def _plugged(row: Server) -> Plugged:
    ports = Port.objects.filter(device=row.pk).exclude(observed="gone").order_by("pk")
    return {id: (network, link) for id, network, link in ports.values_list("pk", "network", "network__link")}


def _not_reaching(nics: Iterable[NicSpec], plugged: Plugged) -> set[str]:
    """Clusters on which one of its networks would have to be made first."""
    wanted = {plugged[nic.port][0] for nic in nics if nic.network and nic.port in plugged}
    found: set[str] = set()
    for network in wanted:
        there = BackendNetwork.objects.filter(network=network, observed="connected", command="")
        found |= set(Backend.objects.exclude(pk__in=there.values("backend")).values_list("name", flat=True))
    return found


def _ordered(order: CreateServer, row: Server, home: Backend, plugged: Plugged) -> CreateServer:
    """As it would have been ordered there in the first place."""
    link = home.nic_link or settings.GANETI_NIC_LINK
    return msgspec.structs.replace(
        order,
        nics=tuple(
            msgspec.structs.replace(nic, link=(plugged[nic.port][1] or link) if nic.port in plugged else nic.link)
            for nic in order.nics
        ),
        disk_template=row.extra_specs.get(TEMPLATE) or home.disk_template or settings.GANETI_DISK_TEMPLATE,
        hypervisor=home.hypervisor or settings.GANETI_HYPERVISOR,
        tried=(*order.tried, row.backend.name),
    )
