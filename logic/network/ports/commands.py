"""What may be asked of ports: each function is one transaction. A port that no server has is a row, and no cluster hears of it.

Called by the facades. Servers are given ports by ``logic.network.commands``; what a running guest's interface cannot change is
refused.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from logic import clock
from logic.access import Caller, require
from logic.compute.models import Server
from logic.errors import BadRequest, Forbidden, NotFound
from logic.ledger import beginning
from logic.ledger.store import store
from logic.network import addresses, commands, fields, queries, refusals, revisions, staying, tagging
from logic.network.fields import OF_CLOUD
from logic.network.models import FloatingAddress, Foreign, Network, Port
from logic.network.ports import holding, options, pairs
from logic.network.ports.holding import Fixed
from logic.network.ports.pairs import Pair
from logic.network.refusals import InvalidInput
from logic.network.security import members, switch
from logic.network.security.refusals import PortSecurityAndIPRequiredForSecurityGroups
from logic.network.states import Observed
from logic.quota import commands as quota
from logic.transactions import atomically

KIND: Final = "port"
QUOTA: Final = "ports"
MAX_TEXT: Final = 255
MAC_LENGTH: Final = 17
Option = tuple[str, str | None, int]  # name, value (None: it is taken away), version of IP


class NewPort(msgspec.Struct, frozen=True, kw_only=True):
    """A port asked for. ``fixed_ips`` None: what is usual; ``mac`` empty: a new one; ``groups`` None: the default one;
    ``port_security`` None: as the network's are; ``project`` empty: the caller's."""

    network: str
    name: str = ""
    description: str = ""
    project: str = ""
    admin_state_up: bool = True
    fixed_ips: tuple[Fixed, ...] | None = None
    mac: str = ""
    groups: tuple[str, ...] | None = None
    port_security: bool | None = None
    pairs: tuple[Pair, ...] = ()
    dhcp_options: tuple[Option, ...] = ()
    device: str = ""
    owner: str = ""
    host: str = ""


class PortChange(msgspec.Struct, frozen=True, kw_only=True):
    """What of a port is changed; None: it stays."""

    name: str | None = None
    description: str | None = None
    admin_state_up: bool | None = None
    fixed_ips: tuple[Fixed, ...] | None = None
    mac: str | None = None
    groups: tuple[str, ...] | None = None
    port_security: bool | None = None
    pairs: tuple[Pair, ...] | None = None
    dhcp_options: tuple[Option, ...] | None = None
    device: str | None = None
    owner: str | None = None
    host: str | None = None


@atomically
def create_ports(caller: Caller, wanted: Sequence[NewPort]) -> list[str]:
    """Ids of the new ports, or none of them is made. Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`,
    :class:`QuotaExceeded`, and what ``refusals`` has."""
    require(caller, "member", "create a port")
    networks = {id: _network(caller, id) for id in sorted({one.network for one in wanted})}
    projects = [one.project or caller.project for one in wanted]
    for one in wanted:
        _check(caller, "create_port", networks[one.network], one)
    for project in sorted(set(projects)):
        quota.check(project, {QUOTA: projects.count(project)})
    made = [_make(caller, networks[one.network], one, whose) for one, whose in zip(wanted, projects, strict=True)]
    for id, project in zip(made, projects, strict=True):
        quota.record(project, {id: {QUOTA: 1}})
    return made


@atomically
def update_port(caller: Caller, id: str, change: PortChange, expected: int | None = None) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`, and what ``refusals`` has."""
    require(caller, "member", "change a port")
    if change.fixed_ips is not None:
        staying.still(Port.objects.filter(pk=id).values_list("network", flat=True))
    port = _held(caller, id)
    revisions.check(port, expected)
    change = _without_same(caller, port, change)
    _check(caller, "update_port", port.network, change)
    _check_not_bound(port, change)
    if change.mac is not None and change.mac != port.mac:
        _take_mac(port, change.mac)
    if change.fixed_ips is not None:
        holding.hold(caller, port, port.network, change.fixed_ips)
    if change.groups is not None or change.port_security is not None:
        members.change_port(caller, id, groups=change.groups, secured=change.port_security)
        port.refresh_from_db(fields=["port_security"])
    revisions.write(port, **_columns(port, change))
    beginning.note(caller, KIND, id, "changed")


@atomically
def delete_port(caller: Caller, id: str, expected: int | None = None) -> None:
    """One that a server has is taken off it first. Raises :class:`NotFound`, :class:`WrongState`,
    :class:`ServicePortInUse`."""
    require(caller, "member", "delete a port")
    rows = Port.objects.filter(pk=id, **({} if caller.is_admin else {"project": caller.project}))
    known = rows.values_list("device", "device_owner").first()
    device, owner = known or ("", "")
    if device and not owner.startswith(OF_CLOUD) and Server.objects.filter(pk=device).exists():
        commands.unplug_port(caller, device, id, whole=True, expected=expected)
        return
    port = _held(caller, id)
    revisions.check(port, expected)
    if port.device_owner.startswith(OF_CLOUD):
        raise refusals.ServicePortInUse(id=id, reason=f"has device owner {port.device_owner}. Change what it is of.")
    FloatingAddress.objects.filter(port=port).update(port=None, fixed="", router=None, updated_at=clock.now())
    beginning.end(caller, KIND, port)
    store().end([], [id], clock.now())
    tagging.forget([id])


def _network(caller: Caller, id: str) -> Network:
    """It stays as it is until the transaction ends."""
    staying.still([id])
    network = queries.visible(caller).filter(pk=id).first()
    if network is None:
        raise NotFound(kind="network", id=id)
    if not queries.usable(caller).filter(pk=id).exists():
        raise Forbidden(action="creating ports on an external network", needs="admin")
    return network


def _held(caller: Caller, id: str) -> Port:
    port: Port = beginning.hold(KIND, id)
    if (port.project != caller.project and not caller.is_admin) or port.observed == Observed.GONE:
        raise NotFound(kind=KIND, id=id)
    return port


def _check(caller: Caller, operation: str, network: Network, wanted: NewPort | PortChange) -> None:
    fields.check(caller, operation, fields.asked(wanted), **{fields.OF_NETWORK: network.project})
    if getattr(wanted, "project", "") not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="setting the project of a port", needs="admin")
    if wanted.device:
        raise InvalidInput(
            reason="a port is given to a server when that is made, or by attaching it. Leave device_id out."
        )
    for field in ("name", "description", "owner", "host"):
        if len(getattr(wanted, field) or "") > MAX_TEXT:
            raise BadRequest(reason=f"Invalid input for {field}. Reason: it exceeds maximum length of {MAX_TEXT}.")
    if not switch.on() and (wanted.pairs or wanted.dhcp_options or wanted.admin_state_up is False):
        raise InvalidInput(reason="nodes of this cloud do not ask what is wanted of a port: allowed_address_pairs,"
                                  " extra_dhcp_opts and admin_state_up False are not possible.")  # fmt: skip
    if wanted.pairs and network.mode != "bridged":
        raise InvalidInput(reason="allowed_address_pairs are not possible on a network that nodes route.")


def _make(caller: Caller, network: Network, wanted: NewPort, project: str) -> str:
    secured = network.port_security if wanted.port_security is None else wanted.port_security
    port = Port(
        network=network,
        name=wanted.name,
        description=wanted.description,
        project=project,
        admin_state_up=wanted.admin_state_up,
        port_security=secured and switch.on(),
        device_owner=wanted.owner,
        host=wanted.host,
    )
    prefix = network.mac_prefix or commands.MAC_PREFIX
    port.mac = _checked_mac(port, wanted.mac) if wanted.mac else commands.new_macs([prefix])[0]
    port.pairs = _pairs(port, wanted.pairs)
    port.dhcp_options = _options([], wanted.dhcp_options)
    beginning.enrol(caller, KIND, [port], None)
    if groups := _groups(wanted, project, secured=secured):
        members.join([port.pk], groups)
    holding.hold(caller, port, network, wanted.fixed_ips)
    return port.pk


def _groups(wanted: NewPort, project: str, *, secured: bool) -> Sequence[str]:
    if wanted.groups and not switch.on():
        switch.require()
    if wanted.groups and not secured:
        raise PortSecurityAndIPRequiredForSecurityGroups(id="that is to be made")
    if not switch.on() or not secured:
        return ()
    return members.groups_of(project, wanted.groups)


def _checked_mac(port: Port, wanted: str) -> str:
    mac, network = pairs.mac(wanted), port.network
    if not mac.startswith(network.mac_prefix):
        raise InvalidInput(reason=f"MACs of this network begin with {network.mac_prefix}, not as {mac}.")
    _forget_mac(mac)
    if Port.objects.filter(mac=mac).exclude(pk=port.pk).exists() or Foreign.objects.filter(mac=mac).exists():
        raise refusals.MacAddressInUse(network=network.pk, mac=mac)
    return mac


def _forget_mac(mac: str) -> None:
    """Of a port that is gone, and that no cluster has ever had: nobody can meet it any more."""
    for id in Port.objects.filter(mac=mac, observed=Observed.GONE, backend=None).values_list("pk", flat=True):
        Port.objects.filter(pk=id).update(mac=id[:MAC_LENGTH])


def _take_mac(port: Port, wanted: str) -> None:
    port.mac = _checked_mac(port, wanted)
    Port.objects.filter(pk=port.pk).update(mac=port.mac)


def _pairs(port: Port, wanted: Sequence[Pair]) -> list[list[str]] | None:
    if wanted and not port.port_security:
        raise refusals.AddressPairAndPortSecurityRequired
    return pairs.checked(wanted, port.mac, port.network.mac_prefix) or None


def _options(there: Sequence[Any], wanted: Sequence[Option]) -> list[list[object]] | None:
    """Those that are not named stay."""
    found: dict[tuple[str, int], str | None] = {(name, version): value for name, value, version in there}
    found |= {(name, version): value for name, value, version in wanted}
    return (
        options.checked([(name, value, version) for (name, version), value in found.items() if value is not None])
        or None
    )


def _check_not_bound(port: Port, change: PortChange) -> None:
    """What the interface of a guest has, it keeps."""
    if not port.device:
        return
    for what, changed in (
        ("mac_address", change.mac is not None),
        ("fixed_ips", change.fixed_ips is not None),
        ("device_owner", change.owner not in (None, port.device_owner)),
        ("binding:host_id", bool(change.host)),
    ):
        if changed:
            raise refusals.PortBound(id=port.pk, what=what)


def _without_same(caller: Caller, port: Port, change: PortChange) -> PortChange:
    """Without what is sent as it is told: that asks for nothing, so that nobody needs a rule for it. Of where it is only who sees
    that: others would learn it by what is refused."""
    seen = "binding:host_id" in fields.seen(caller, "get_port")
    same = {
        "fixed_ips": change.fixed_ips is not None and _holds(port, change.fixed_ips),
        "mac": change.mac is not None and change.mac.lower().replace("-", ":") == port.mac,
        "port_security": change.port_security is (switch.on() and port.port_security),
        "pairs": change.pairs is not None and _has_pairs(port, change),
        "device": change.device == port.device,
        "owner": change.owner is not None and change.owner == queries.owner_of(port),
        "host": change.host is not None and seen and change.host == queries.told_host(port),
    }
    return msgspec.structs.replace(change, **{name: None for name, is_so in same.items() if is_so})


def _holds(port: Port, wanted: Sequence[Fixed]) -> bool:
    return addresses.same(port.addresses.all(), [(one.subnet, one.ip) for one in wanted])


def _has_pairs(port: Port, change: PortChange) -> bool:
    own = pairs.mac(change.mac) if change.mac else port.mac
    return pairs.checked(change.pairs or (), own, port.network.mac_prefix) == (port.pairs or [])


def _columns(port: Port, change: PortChange) -> dict[str, Any]:
    plain = {"name": "name", "description": "description", "admin_state_up": "admin_state_up", "owner": "device_owner",
             "host": "host"}  # fmt: skip
    found = {column: getattr(change, name) for name, column in plain.items() if getattr(change, name) is not None}
    if change.pairs is not None:
        found["pairs"] = _pairs(port, change.pairs)
    elif port.pairs and not port.port_security:
        raise refusals.AddressPairAndPortSecurityRequired
    if change.dhcp_options is not None:
        found["dhcp_options"] = _options(port.dhcp_options or [], change.dhcp_options)
    return found
