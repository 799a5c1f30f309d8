"""Resizing a server: it gets the memory, processors and disk of another flavor, on the cluster that it is on; then its user
confirms that, or goes back.

Called by the API facades through ``commands``. As long as it may go back, the larger of both sizes is held of its project's
quota. Disks never shrink: a flavor with a smaller one is refused, and who goes back keeps the disk that has grown.
"""

from logic.access import Caller, require
from logic.compute import demands, migrating, migration_rows, persons, references, states
from logic.compute.checks import can, check_disk_config, template_of
from logic.compute.holding import held
from logic.compute.infos import FlavorInfo
from logic.compute.models import Server
from logic.compute.sharing import SHARED
from logic.compute.states import Mode, Observed, Phase
from logic.db import new_id
from logic.errors import BadRequest, NotFound, Unavailable, WrongState
from logic.image import queries as images
from logic.ledger import beginning, sizes
from logic.ledger.resources import state_of
from logic.messages.commands import ResizeServer
from logic.placement import queries as placement
from logic.placement.fitting import GIB, TEMPLATE
from logic.quota import commands as quota
from logic.transactions import atomically

CONFIRMED = "resize confirmed"  # in the journal


@atomically
def resize_server(caller: Caller, id: str, flavor: str, disk_config: str | None = None) -> None:
    """It is restarted, unless it is down; then it waits to be confirmed. ``disk_config`` None: as it was. Raises
    :class:`BadRequest`, :class:`WrongState`, :class:`NotFound`, :class:`QuotaExceeded`, :class:`Unavailable`."""
    require(caller, "member", "resize a server")
    server = held(caller, id)
    verb = "resize-stopped" if states.phase(state_of(server)) in states.MAY["resize-stopped"] else "resize"
    beginning.check("server", server, verb)
    can(server.backend, ResizeServer)
    wanted = references.usable_flavor(caller, flavor)
    other = {
        "flavor_id": wanted.id,
        "flavor_name": wanted.name,
        "vcpus": wanted.vcpus,
        "ram": wanted.ram,
        "disk": wanted.disk,
        "extra_specs": wanted.extra_specs,
    }
    more, less = sizes.amounts(server, other), sizes.amounts(server)
    person = persons.person(server.project, server.user)
    quota.check(server.project, {name: more[name] - less[name] for name in more if more[name] > less[name]}, person)
    _check(caller, server, wanted)
    _check_room(server, wanted)
    check_disk_config(disk_config)
    if disk_config:
        Server.objects.filter(pk=id).update(disk_config=disk_config)
    sizes.write(server, {"other_flavor": other})
    disk = wanted.disk * GIB if _more_disk(server, wanted) else 0
    command = _begin(caller, server, verb, other, disk=disk)
    migration_rows.noted(caller, server, migration_rows.RESIZE, command)


def _begin(caller: Caller, server: Server, verb: str, size: sizes.Size, *, disk: int) -> str:
    """The command's id."""
    command = ResizeServer(
        id=new_id(),
        resource=server.pk,
        instance=server.instance,
        memory=size["ram"],
        vcpus=size["vcpus"],
        disk=disk,
        restart=verb in {"resize", "revert"},
    )
    beginning.begin(caller, "server", server, verb, command)
    return command.id


def _check(caller: Caller, server: Server, wanted: FlavorInfo) -> None:
    """Can it have this size, wherever it is? Raises :class:`BadRequest`."""
    if wanted.id == server.flavor_id:
        raise BadRequest(reason=f"When resizing, instances must change flavor! Server {server.pk} has {wanted.name}.")
    if server.disk and wanted.disk < server.disk and not server.root_volume:
        reason = (
            f"Disks cannot shrink: server {server.pk} has {server.disk} GiB, flavor {wanted.name} {wanted.disk} GiB."
        )
        raise BadRequest(reason=reason)
    if (wanted.ephemeral, wanted.swap) != (server.ephemeral, server.swap):
        what = f"{server.ephemeral} GiB of ephemeral disk and {server.swap} MiB of swap"
        raise BadRequest(reason=f"Server {server.pk} has {what}, which stay as they are. Choose a flavor with as much.")
    if wanted.disk and not server.disk and not server.root_volume:
        raise BadRequest(reason=f"Server {server.pk} has no disk that could grow. Choose a flavor without one.")
    demands.check_kept(wanted.name, wanted.extra_specs)
    _check_template(server, wanted)
    _check_image(caller, server, wanted)


def _more_disk(server: Server, wanted: FlavorInfo) -> int:
    """GiB. What boots from a volume keeps that as it is: it is made larger by itself."""
    return 0 if server.root_volume else max(wanted.disk - server.disk, 0)


def _check_template(server: Server, wanted: FlavorInfo) -> None:
    other, has = wanted.extra_specs.get(TEMPLATE), template_of(server)
    if other and other != has:
        reason = f"Flavor {wanted.name} has disks of the kind {other}, server {server.pk} of {has or 'the cluster'}."
        raise BadRequest(reason=f"{reason} They cannot become others. Create another server.")


def _check_image(caller: Caller, server: Server, wanted: FlavorInfo) -> None:
    """Does its image still fit? One that is not there any more asks for nothing."""
    try:
        image = images.image(caller, server.image)
    except NotFound:
        return
    references.check_room(image, wanted.name, disk=wanted.disk, ram=wanted.ram)


def _check_room(server: Server, wanted: FlavorInfo) -> None:
    """Its cluster has to have room for what it gets more. As everywhere, the cluster has the last word."""
    more = placement.Needs(
        memory=max(wanted.ram - server.ram, 0),
        disk=_more_disk(server, wanted) * GIB,
        vcpus=max(wanted.vcpus - server.vcpus, 0),
        template=template_of(server),
    )
    if (more.memory or more.disk or more.vcpus) and not placement.has_room(server.backend, more):
        raise Unavailable(reason="The cluster of this server has no room for that size now.", retry_after=60)


@atomically
def revert_resize(caller: Caller, id: str) -> None:
    """Back to the size that it had, but for its disk; of one that was migrated, once more to another node. Raises
    :class:`WrongState`, :class:`NotFound`."""
    require(caller, "member", "revert the resize of a server")
    server = held(caller, id)
    phase = states.phase(state_of(server))
    if phase is Phase.RESIZED and not server.other_flavor:
        migrating.move_back(caller, server)
        return
    down = phase is Phase.RESIZED and server.observed in {Observed.STOPPED, Observed.CRASHED}
    verb = "revert-stopped" if down else "revert"
    if not server.other_flavor or not states.may(state_of(server), verb):
        raise _wrong(server, states.WORDS[verb])
    can(server.backend, ResizeServer)
    command = _begin(caller, server, verb, server.other_flavor, disk=0)
    migration_rows.closed(server.pk, by=command)


@atomically
def confirm_resize(caller: Caller, id: str) -> None:
    """It stays of that size, or where it is; nobody has to do anything for it. Raises :class:`WrongState`, :class:`NotFound`."""
    require(caller, "member", "confirm the resize of a server")
    server = held(caller, id)
    if states.phase(state_of(server)) is not Phase.RESIZED:
        raise _wrong(server, "confirm the resize of")
    sizes.write(server, {"other_flavor": None})
    beginning.change_mode(caller, "server", server, Mode.NORMAL, CONFIRMED)
    migration_rows.closed(server.pk)


def _wrong(server: Server, action: str) -> WrongState:
    phase = states.phase(state_of(server))
    advice = states.ADVICE.get(phase, states.DEFAULT_ADVICE)
    if phase in SHARED:
        advice = "It was not resized or migrated, or that has been confirmed."
    return WrongState(action=action, kind="server", id=server.pk, state=str(phase), advice=advice)


def forget_other_size(server: Server) -> None:
    """It is made anew as it is, and there is no way back any more. Called by ``rebuilding``."""
    if server.other_flavor:
        sizes.write(server, {"other_flavor": None})
        migration_rows.closed(server.pk)
