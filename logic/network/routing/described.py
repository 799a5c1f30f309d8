"""What a router is, for the node that carries it: a text for each, always the same for the same, since its digest is compared.

Its words are told of in ``snf_node/routers/wanted.py``. As many statements for a hundred as for one.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.conf import settings

from logic.network.models import FloatingAddress, Network, Port, Router
from logic.network.routing import ports
from logic.network.states import Observed
from logic.placement.models import Backend

VERSION: Final = 1


class Leg(msgspec.Struct, frozen=True):
    """Where it is on a network: ``link`` is a bridge of the node's; what comes from MACs of another ``prefix`` is another's."""

    port: str
    link: str
    mac: str
    prefix: str
    mtu: int
    addresses: list[str]
    outside: bool


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """``gateways`` are where all else goes, ``snat`` the address that goes out for others (empty: none does), ``floating``
    pairs of an address and what it stands for, ``routes`` pairs of destination and next hop."""

    version: int
    epoch: int
    legs: list[Leg]
    gateways: list[str]
    snat: str
    floating: list[tuple[str, str]]
    routes: list[tuple[str, str]]


def link(network: Network, backend: Backend) -> str:
    """The bridge of a network on a cluster's nodes."""
    return str(network.link or backend.nic_link or settings.GANETI_NIC_LINK)


def texts(backend: Backend, rows: Sequence[Router]) -> dict[str, str]:
    """By router. One that is switched off has nothing."""
    up = [row.pk for row in rows if row.admin_state_up]
    there: dict[str, list[Port]] = defaultdict(list)
    for port in _ports(up):
        there[port.device].append(port)
    floating = _floating(up)
    return {row.pk: _text(backend, row, there[row.pk], floating[row.pk]) for row in rows}


def _ports(routers: Sequence[str]) -> Sequence[Port]:
    found = ports.of(routers).select_related("network").prefetch_related("addresses__subnet")
    return list(found.order_by("device_owner", "created_at", "id")) if routers else []


def _floating(routers: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = FloatingAddress.objects.filter(router__in=routers).exclude(port=None).exclude(port__observed=Observed.GONE)
    for router, ip, fixed in rows.values_list("router", "address__ip", "fixed") if routers else ():
        found[router or ""].append((ip, fixed))
    return found


def _text(backend: Backend, row: Router, there: Sequence[Port], floating: Sequence[tuple[str, str]]) -> str:
    outer = next((one for one in there if one.device_owner == ports.GATEWAY), None)
    near = {ipaddress.ip_network(one.subnet.cidr) for port in there for one in port.addresses.all()}
    routes = [(one["destination"], one["nexthop"]) for one in row.routes] if there else []
    text = Text(
        version=VERSION,
        epoch=row.epoch,
        legs=[_leg(backend, port) for port in there],
        gateways=_gateways(outer) if outer else [],
        snat=_snat(outer) if outer and row.snat else "",
        floating=sorted(floating),
        # What is on a leg is there already.
        routes=sorted(one for one in routes if ipaddress.ip_network(one[0]) not in near),
    )
    return msgspec.json.encode(text).decode()


def _leg(backend: Backend, port: Port) -> Leg:
    held = port.addresses.all()
    return Leg(
        port=port.pk,
        link=link(port.network, backend),
        mac=port.mac,
        prefix=port.network.mac_prefix,
        mtu=port.network.mtu,
        addresses=sorted(f"{one.ip}/{ipaddress.ip_network(one.subnet.cidr).prefixlen}" for one in held),
        outside=port.device_owner == ports.GATEWAY,
    )


def _gateways(outer: Port) -> list[str]:
    return sorted({one.subnet.gateway for one in outer.addresses.all() if one.subnet.gateway})


def _snat(outer: Port) -> str:
    held: list[Any] = [one.ip for one in outer.addresses.all() if ipaddress.ip_address(one.ip).version == 4]  # noqa: PLR2004
    return str(held[0]) if held else ""
