"""Making servers: everything one request asks for in one transaction, each kind of row written by one statement.

Called by the API facades through ``commands``, where everything else is that may be asked of servers. Refusals are raised
before anything is written. Reading comes first and the project's rows of usage are locked as late as can be: requests of
one project wait for each other from there to the commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from django.conf import settings

from logic import clock, secretkeys
from logic.access import Caller, require
from logic.backends import os_parameters
from logic.compute import agents, demands, guests, persons, references, tags, wishes
from logic.compute.attributes import check_tags
from logic.compute.checks import can, check_disk_config, check_metadata
from logic.compute.flavors import check_more_disks
from logic.compute.infos import FlavorInfo
from logic.compute.models import Server, ServerNumber
from logic.compute.refusals import NoDisk
from logic.compute.wishes import Wishes
from logic.db import new_id
from logic.errors import BadRequest, NotFound
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.messages.commands import CreateServer, CreateServerHaving, NicSpec, VolumeSpec
from logic.network import commands as network
from logic.network.addresses import Place
from logic.network.commands import NewNic
from logic.network.security import members
from logic.placement import queries as placement
from logic.placement.fitting import GIB, TEMPLATE
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.quota import queries as quotas
from logic.transactions import atomically
from logic.volume.commands import composing, equipping
from logic.volume.commands.equipping import Kit, NewDisk

MAX_NAME = 255


class NewServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server asked for. ``nics`` None: the default networks, if there are any; ``"auto"``: those, and a refusal when
    there are none; empty: none. ``security_groups``: names or ids, empty: the default one. Of ``count`` as many are made as
    quota allows, but not fewer than ``at_least``. ``hostname`` empty: made of the name; only one server can be given another.
    ``config_drive``: it has to have one; there may be one anyway. ``disks`` are volumes beside its own disk, or instead of it:
    then there is no ``image``."""

    name: str
    flavor: str
    image: str
    nics: list[NewNic] | Literal["auto"] | None = None
    security_groups: list[str] = []
    key_name: str = ""
    metadata: dict[str, str] = {}
    availability_zone: str = ""
    user_data: str = ""
    password: str = ""
    disk_config: str = "AUTO"
    config_drive: bool = False
    description: str | None = None
    tags: list[str] = []
    hostname: str = ""
    access_ip_v4: str = ""
    access_ip_v6: str = ""
    wishes: Wishes = Wishes()
    count: int = 1
    at_least: int | None = None
    disks: tuple[NewDisk, ...] = ()


@atomically
def create_servers(caller: Caller, wanted: NewServer) -> list[str]:
    """Ids of the new servers. Raises :class:`BadRequest`, :class:`NoDisk`, :class:`QuotaExceeded`, :class:`Unavailable`…"""
    require(caller, "member", "create a server")
    flavor = references.usable_flavor(caller, wanted.flavor)
    demands.check_kept(flavor.name, flavor.extra_specs)
    check_metadata(wanted.metadata, 0, caller.project, caller.user)
    check_tags(wanted.tags)
    check_disk_config(wanted.disk_config)
    image = None if any(disk.root for disk in wanted.disks) else references.usable_image(caller, wanted.image)
    if image and composing.is_composed(image):
        disks = (*equipping.unfolded(image), *wanted.disks)
        wanted, image = msgspec.structs.replace(wanted, image="", disks=disks), None
    if wanted.config_drive and not _has_drive():
        raise BadRequest(reason="The servers of this cloud have no config drive. Leave it out.")
    if wanted.hostname and wanted.count > 1:
        raise BadRequest(reason="Several servers cannot have one hostname. Leave it out.")
    if flavor.ephemeral or flavor.swap:
        check_more_disks(flavor.disk or len(wanted.disks))
    count = _count(caller, wanted, flavor)
    kits = equipping.gathered(caller, wanted.disks, count)
    origin = _origin(image, flavor, kits[0])
    params, nics = _os_params(caller, wanted, origin.params), _places(caller, wanted)
    where = wishes.place(caller, wanted.wishes, wanted.count) if wanted.wishes != Wishes() else wishes.ANYWHERE
    backend = _chosen(caller, flavor, wanted, where, kits[0])
    can(backend, CreateServerHaving if wanted.disks else CreateServer)
    reservation = f"r-{clock.new_uuid().hex[:8]}"
    request = _Request(wanted, flavor, origin, params, nics, backend, reservation, kits)
    amounts = {**_amounts(flavor), "ports": network.new_ports(nics)}
    person = persons.person(caller.project, caller.user)
    quota.check(caller.project, {name: one * count for name, one in amounts.items()}, person)
    return _create(caller, request, count, members.for_new_ports(caller.project, wanted.security_groups))


class _Origin(msgspec.Struct, frozen=True):
    """What servers are made from: an image (its id), or a volume with the content of one; with what is said of that."""

    image: str
    properties: dict[str, Any]
    params: dict[str, str]


def _origin(image: ImageInfo | None, flavor: FlavorInfo, kit: Kit) -> _Origin:
    """Raises :class:`BadRequest`, and :class:`NoDisk` where there would be none for the image: whoever asks, since Nova's
    administrators, who may, get one as large as the image."""
    if kit.root:
        said = kit.root.image_metadata or {}
        references.check_memory(int(said.get("min_ram") or 0), flavor.name, ram=flavor.ram)
        return _Origin("", said, equipping.root_parameters(kit.root))
    assert image, "what boots from no volume was asked for with an image"
    if not flavor.disk:
        raise NoDisk(flavor=flavor.name)
    references.check_room(image, flavor.name, disk=flavor.disk, ram=flavor.ram)
    return _Origin(image.id, image.properties, guests.image_parameters(image))


class _Request(msgspec.Struct, frozen=True):
    """What the servers of one request have in common, and the volumes of each."""

    wanted: NewServer
    flavor: FlavorInfo
    origin: _Origin
    os_params: dict[str, str]
    nics: list[Place]
    backend: Backend
    reservation: str
    kits: list[Kit]

    @property
    def template(self) -> str:
        """What its disks are; empty: the cluster's own."""
        flavors = self.flavor.extra_specs.get(TEMPLATE)
        template: str = flavors or self.kits[0].template or self.backend.disk_template or settings.GANETI_DISK_TEMPLATE
        return template

    def name(self, place: int) -> str:
        """Numbered from 1 when several may be made."""
        if self.wanted.count == 1:
            return self.wanted.name
        tail = f"-{place + 1}"
        return self.wanted.name[: MAX_NAME - len(tail)] + tail


def _count(caller: Caller, wanted: NewServer, flavor: FlavorInfo) -> int:
    """How many are made: ``count``, or what quota leaves of it."""
    if wanted.at_least is None or wanted.at_least >= wanted.count:
        return wanted.count
    limits, own = quotas.limits_with_own(caller.project, caller.user)
    rooms = _rooms(limits, quotas.usage(caller.project), flavor)
    rooms += _rooms(own, persons.used(caller.project, caller.user), flavor) if own else []
    return max(min([wanted.count, *rooms]), wanted.at_least)


def _rooms(limits: Mapping[str, int], used: Mapping[str, int], flavor: FlavorInfo) -> list[int]:
    """For how many servers of this flavor each limit has room."""
    return [
        max(limits[resource] - used.get(resource, 0), 0) // amount
        for resource, amount in _amounts(flavor).items()
        if amount and limits.get(resource, -1) >= 0
    ]


def _amounts(flavor: FlavorInfo) -> dict[str, int]:
    return {"servers": 1, "cores": flavor.vcpus, "ram": flavor.ram}


def _places(caller: Caller, wanted: NewServer) -> list[Place]:
    if isinstance(wanted.nics, list):
        if wanted.count > 1 and any(nic.port or nic.fixed_ip for nic in wanted.nics):
            reason = "Unable to launch multiple instances with a single configured port ID or fixed address. Launch one by one."
            raise BadRequest(reason=reason)
        return network.places(caller, wanted.nics)
    places = network.default_places(caller)
    if not places and wanted.nics == "auto":
        raise BadRequest(reason="There is no default network. Name one; list them with `openstack network list`.")
    return places


def _create(caller: Caller, request: _Request, count: int, groups: list[str] | None) -> list[str]:
    """All servers of a request at once: each kind of row is written by one statement."""
    numbers = ServerNumber.objects.bulk_create([ServerNumber() for _ in range(count)])
    servers = [_server(caller, request, number.pk, place) for place, number in enumerate(numbers)]
    nics = network.make_ports(caller, request.backend, {server.pk: request.nics for server in servers}, groups)
    theirs = {place.port for place in request.nics}
    ports = {nic.port: {"ports": 1} for plugged in nics.values() for nic in plugged if nic.port not in theirs}
    quota.record(caller.project, {server.pk: _amounts(request.flavor) for server in servers} | ports)
    kits = zip(servers, request.kits, strict=True)
    having = equipping.awaited(caller, kits, request.backend, request.template) if request.wanted.disks else {}
    births = [
        (server, "create", _creation(request, server, nics[server.pk], having.get(server.pk, ()))) for server in servers
    ]
    beginning.bear(caller, "server", births, request.backend)
    return [server.pk for server in servers]


def _server(caller: Caller, request: _Request, number: int, place: int) -> Server:
    flavor, wanted, id, root = request.flavor, request.wanted, new_id(), request.kits[place].root
    return Server(
        id=id,
        number=number,
        name=request.name(place),
        description=wanted.description,
        hostname=wanted.hostname or guests.hostname(request.name(place), id),
        access_ip_v4=wanted.access_ip_v4,
        access_ip_v6=wanted.access_ip_v6,
        tags=tags.written(wanted.tags),
        group=wanted.wishes.group,
        hints=wanted.wishes.hints,
        disk_config=wanted.disk_config,
        config_drive=_has_drive(),
        image_properties=guests.kept_properties(request.origin.properties),
        project=caller.project,
        user=caller.user,
        flavor_id=flavor.id,
        flavor_name=flavor.name,
        vcpus=flavor.vcpus,
        ram=flavor.ram,
        disk=flavor.disk,
        ephemeral=flavor.ephemeral,
        swap=flavor.swap,
        extra_specs=flavor.extra_specs,
        image=request.origin.image,
        root_volume=root.pk if root else "",
        key_name=wanted.key_name,
        metadata=wanted.metadata,
        availability_zone=request.backend.name,
        pinned_zone=wanted.availability_zone,
        user_data=wanted.user_data,
        reservation=request.reservation,
        launch_index=place,
    )


def _has_drive() -> bool:
    """Is metadata left on a disk of its own? Whatever is asked: that is how its guest is told anything."""
    return os_parameters.provider_of(settings.GANETI_OS_PROVIDER).config_disk


def _creation(request: _Request, server: Server, nics: list[NicSpec], having: Sequence[VolumeSpec]) -> CreateServer:
    flavor, backend = request.flavor, request.backend
    root = bool(server.root_volume)
    about: dict[str, Any] = {
        "id": new_id(),
        "resource": server.pk,
        "instance": server.instance,
        "memory": flavor.ram,
        "vcpus": flavor.vcpus,
        "disks": () if root else (flavor.disk * GIB,),
        "ephemeral": flavor.ephemeral * GIB,
        "swap": flavor.swap,
        "nics": tuple(nics),
        "os": settings.GANETI_OS_PROVIDER,
        "disk_template": request.template,
        "agent": agents.are_told(request.origin.properties),
        "hypervisor": backend.hypervisor or settings.GANETI_HYPERVISOR,
        "os_params": request.os_params | {"hostname": server.hostname, "instance_id": server.pk},
    }
    return CreateServerHaving(**about, volumes=tuple(having), root=root) if having else CreateServer(**about)


def _chosen(caller: Caller, flavor: FlavorInfo, wanted: NewServer, where: wishes.Where, kit: Kit) -> Backend:
    only = _bound(wanted, kit.zones, where.only) if kit.zones else where.only
    needs = placement.Needs(
        memory=flavor.ram,
        disk=((0 if kit.root else flavor.disk) + flavor.ephemeral) * GIB + flavor.swap + kit.new_space,
        vcpus=flavor.vcpus,
        zone=wanted.availability_zone,
        project=caller.project,
        count=wanted.count,
        template=flavor.extra_specs.get(TEMPLATE, "") or kit.template,
        default=settings.GANETI_DISK_TEMPLATE,
        only=only,
        without=where.without,
        liked=where.liked,
    )
    try:
        return placement.choose(needs)
    except NotFound:
        raise BadRequest(
            reason=f"The availability zone {needs.zone} does not exist. List them with `openstack availability zone list`."
        ) from None


def _bound(wanted: NewServer, zones: set[str], only: frozenset[str] | None) -> frozenset[str]:
    """Where volumes are, their servers are. Raises :class:`BadRequest`."""
    asked = {wanted.availability_zone} if wanted.availability_zone else set()
    if len(zones | asked) > 1:
        names = " and ".join(sorted(zones | asked))
        raise BadRequest(
            reason=f"A volume stays in its availability zone: the server cannot be in {names}. Choose others."
        )
    return frozenset(zones) if only is None else frozenset(zones) & only


def _os_params(caller: Caller, wanted: NewServer, content: dict[str, str]) -> dict[str, str]:
    """What the OS provider on the nodes is told, in our names; refused when that provider could not bring it to the guest."""
    params = dict(content)
    if wanted.key_name:
        params["auth_keys"] = references.public_key(caller, wanted.key_name)
    if wanted.user_data:
        params["cloud_userdata"] = wanted.user_data
    if wanted.password:
        params[os_parameters.PASSWORD] = secretkeys.current().encrypt(wanted.password)
    if lost := os_parameters.undeliverable(settings.GANETI_OS_PROVIDER, params):
        raise BadRequest(reason=f"{' and '.join(lost).capitalize()} cannot be brought to servers of this cloud.")
    return params
