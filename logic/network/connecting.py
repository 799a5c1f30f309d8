"""Networks on clusters: connected when the first server needs them there, disconnected when they are to go.

Called by ``commands`` for ports that are being made, in their transaction; by ``logic.reconcile.networks`` for those that
are missing though ports are on them; and by whoever deletes a network. A network without a flavor is on no cluster: its
interfaces join a link of the nodes, and nothing is made for them.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from ganeti.vocabulary import network_name
from logic.access import Caller
from logic.backends.registry import capabilities
from logic.db import new_id
from logic.errors import Conflict
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import ConnectNetwork, DisconnectNetwork, NetworkSpec
from logic.network import connection_states as states
from logic.network.models import BackendNetwork, Flavor, Network, Subnet
from logic.placement.models import Backend

KIND: Final = "network"
LARGEST, SMALLEST = 16, 30  # prefix lengths of what Ganeti keeps a pool of addresses for
NOWHERE: Final = "192.0.2.0/29"  # Ganeti has no network without IPv4; nobody is given an address of this one
STATIC: Final = "static"  # the addresses of a subnet of IPv6 are told to nodes with each port, not with the network
TAGS: Final[dict[str, tuple[str, ...]]] = {  # by which nodes know what a network is: docs/operations/node.md
    Flavor.CUSTOM: (),
    Flavor.IP_LESS_ROUTED: ("ip-less-routed",),
    Flavor.MAC_FILTERED: ("private-filtered",),
    Flavor.PHYSICAL_VLAN: ("physical-vlan",),
}


def name_of(network: Network) -> str:
    """Its name on the clusters that it is made on."""
    return network_name(settings.BACKEND_PREFIX_ID, network.pk)


def is_made(backend: Backend, network: Network) -> bool:
    """Is it made on this cluster, so that interfaces join it by its name there?"""
    return bool(network.flavor) and ConnectNetwork in capabilities(backend.kind)


def reach(caller: Caller, backend: Backend, networks: Iterable[Network]) -> None:
    """Have these networks on a cluster, inside the caller's transaction: those that are neither there nor on their way are
    asked for. Who needs one waits for it at the cluster. Raises :class:`Conflict` for one that is just being taken away, to be
    made anew: who came now might still find it."""
    wanted = {row.pk: row for row in networks if is_made(backend, row)}
    known = list(BackendNetwork.objects.filter(backend=backend, network__in=wanted)) if wanted else []
    if leaving := next((row.network_id for row in known if row.command and row.verb == "disconnect"), ""):
        raise Conflict(reason=f"Network {leaving} is being changed on its cluster. Try again in a few seconds.")
    there = {row.network_id for row in known if row.command or row.observed == states.Observed.CONNECTED}
    for id in sorted(wanted.keys() - there):
        connect(caller, backend, wanted[id])


def connect(caller: Caller, backend: Backend, network: Network) -> None:
    """Ask for it, unless somebody has meanwhile."""
    row = _held(caller, backend, network)
    if states.may(state_of(row), "connect"):
        command = ConnectNetwork(id=new_id(), resource=row.pk, instance="", network=_spec(backend, network))
        beginning.begin(caller, KIND, row, "connect", command)


def stands(network: Network) -> bool:
    """Is it on a cluster, or on its way there or from there?"""
    places = BackendNetwork.objects.filter(network=network)
    return places.exclude(observed=states.Observed.NONE, command="").exists()


def withdraw(caller: Caller, network: Network, backend: str = "") -> int:
    """Remove it from all clusters, or one, inside the caller's transaction; from how many that was begun. Where it could not be
    removed, reconcile asks again."""
    places = BackendNetwork.objects.filter(network=network).order_by("pk")
    here = places.filter(backend__name=backend) if backend else places
    return sum(_disconnect(caller, id, network) for id in here.values_list("pk", flat=True))


def _disconnect(caller: Caller, id: str, network: Network) -> bool:
    row: BackendNetwork = beginning.hold(KIND, id)
    may = states.may(state_of(row), "disconnect")
    if may:
        command = DisconnectNetwork(id=new_id(), resource=row.pk, instance="", name=name_of(network))
        beginning.begin(caller, KIND, row, "disconnect", command)
    return may


def _held(caller: Caller, backend: Backend, network: Network) -> BackendNetwork:
    """Its row, locked. Who makes it at the same time waits here, and only one has made it."""
    here = BackendNetwork.objects.filter(backend=backend, network=network)
    if not here.exists():
        try:
            with transaction.atomic():
                beginning.enrol(caller, KIND, [BackendNetwork(network=network)], backend)
        except IntegrityError:
            pass
    id = here.select_for_update().values_list("pk", flat=True).get()
    held: BackendNetwork = beginning.hold(KIND, id)
    return held


def _spec(backend: Backend, network: Network) -> NetworkSpec:
    subnets = list(Subnet.objects.filter(network=network).order_by("created_at", "id"))
    four = next((one for one in subnets if one.ip_version == 4), None)  # noqa: PLR2004
    six = next((one for one in subnets if one.ip_version == 6 and one.ipv6_mode != STATIC), None)  # noqa: PLR2004
    leased = ("nfdhcpd",) if any(one.enable_dhcp for one in (four, six) if one) else ()
    return NetworkSpec(
        name=name_of(network),
        cidr=four.cidr if four else NOWHERE,
        gateway=four.gateway if four else "",
        cidr6=six.cidr if six else "",
        gateway6=six.gateway if six else "",
        mac_prefix=network.mac_prefix,
        mode=network.mode,
        link=network.link or backend.nic_link or settings.GANETI_NIC_LINK,
        tags=(*TAGS[network.flavor], *leased),
    )


def unfit(flavor: str, subnets: Sequence[str]) -> str:
    """Why a network of these ranges cannot be on clusters; empty when it can. For whoever makes one."""
    fours = [one for one in map(ipaddress.ip_network, subnets) if one.version == 4]  # noqa: PLR2004
    if flavor and len(fours) > 1:
        return "A network on clusters has one range of IPv4 at most."
    if flavor and any(not LARGEST <= one.prefixlen <= SMALLEST for one in fours):
        return f"A network on clusters is from /{LARGEST} to /{SMALLEST}."
    return ""
