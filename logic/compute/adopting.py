"""Taking an instance on a cluster that no server of ours is into the database: who may have it, as what, and the rows.

Called by ``manage.py server-import`` (``synnefo.management.importing``), which marks the instance on its cluster in
between, and by ``cluster-import``, which takes it *as it is*: under its own name, with nothing told to the cluster, and
read-only until that is confirmed (``confirming``). :func:`plan` reads and refuses, :func:`adopt` writes all of it in one
transaction. The house's rule of identity holds: an instance's name is our prefix and a number that no other server has
ever had, or no name of ours at all.
"""

from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.db import transaction

from ganeti.vocabulary import instance_name, nic_name, number_of, server_tag
from logic.access import Caller, require
from logic.backends.base import Described, Marks
from logic.compute import demands
from logic.compute.models import Flavor, Server, ServerNumber
from logic.compute.states import Mode
from logic.db import new_id
from logic.errors import BadRequest, Conflict
from logic.ledger import beginning
from logic.ledger.advancing import advance_batch
from logic.ledger.envelopes import local
from logic.ledger.store import store
from logic.messages.observations import InstanceSeen, Nic
from logic.network import adopting as network
from logic.network import holding
from logic.network.adopting import Plug, is_uuid
from logic.placement.models import Backend, Stray
from logic.quota import commands as quota
from logic.transactions import atomically

GIB = 1024  # MiB


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator says: whose it becomes, and under which name and flavor (empty: the one of its size)."""

    backend: str
    project: str
    user: str
    name: str = ""
    flavor: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would make. ``server`` is the new server's id, ``number`` the one in the instance's name; of one that is
    taken ``as_it_is`` 0 when there is none."""

    wanted: Wanted
    found: Described
    server: str
    number: int
    as_it_is: bool = False
    flavor: str
    plugs: tuple[Plug, ...]

    @property
    def name(self) -> str:
        return self.wanted.name or self.found.instance

    @property
    def disk(self) -> int:
        """GiB."""
        return _gib(self.found.disks)

    @property
    def marks(self) -> Marks:
        """What its cluster has to be told."""
        return Marks(server=self.server, ports={one.nic.uuid: one.port for one in self.plugs if one.port})


def _gib(disks: Sequence[int]) -> int:
    """Rounded up."""
    return -(-sum(disks) // GIB)


def plan(wanted: Wanted, found: Described, incarnation: str, *, as_it_is: bool = False) -> Plan:
    """Raises :class:`Conflict` and :class:`BadRequest` with what to do about it."""
    backend = Backend.objects.get(name=wanted.backend)
    if backend.incarnation != incarnation:
        reason = f"Backend {backend.name} is now the cluster {incarnation}, not {backend.incarnation or 'known yet'}."
        raise Conflict(reason=f"{reason} See `manage.py backend-modify --accept-incarnation`.")
    server = _identity(backend, found)
    return Plan(
        wanted=wanted,
        found=found,
        server=server,
        number=_number(found, as_it_is=as_it_is),
        as_it_is=as_it_is,
        flavor=_flavor(wanted, found).pk,
        plugs=tuple(network.plugs(wanted.project, backend, found)),
    )


def server_of(backend: Backend, found: Described) -> Server | None:
    """The living server that this instance is, by the cluster's own UUID."""
    here = Server.objects.filter(backend=backend, backend_uuid=found.instance_uuid).exclude(observed="gone")
    return here.first() if found.instance_uuid else None


def _identity(backend: Backend, found: Described) -> str:
    """A new id; or the one in its tag, when no server of ours has it: a lost row, or an import that was broken off."""
    if not found.owner:
        if known := server_of(backend, found):
            raise Conflict(reason=f"Instance {found.instance} is server {known.pk} already.")
        return new_id()
    owner = Server.objects.filter(pk=found.owner).first()
    if owner is None and is_uuid(found.owner):
        return found.owner
    if owner and owner.instance == found.instance and owner.observed != "gone":
        raise Conflict(reason=f"Instance {found.instance} is server {owner.pk} already.")
    tagged = f"Instance {found.instance} has the tag of {f'server {owner.pk}' if owner else 'something else'}"
    advice = f"If that is wrong, `gnt-instance remove-tags {found.instance} {server_tag(found.owner)}` on its master."
    raise Conflict(reason=f"{tagged}{_which(owner)}. {advice}")


def _which(owner: Server | None) -> str:
    if owner is None:
        return ", which is no server's id"
    return ", which is deleted" if owner.observed == "gone" else f", which is {owner.instance}"


def _number(found: Described, *, as_it_is: bool) -> int:
    number = number_of(settings.BACKEND_PREFIX_ID, found.instance)
    if number is None and as_it_is:
        return 0
    owner = Server.objects.filter(number=number).first() if number else None
    if number is None:
        ways = f"`manage.py cluster-import` takes it as it is. Or: {_renaming(found)}"
        raise Conflict(reason=f"Instance {found.instance} does not have a name of ours. {ways}")
    if owner:
        raise Conflict(reason=f"The number of {found.instance} is server {owner.pk}'s. {_renaming(found)}")
    return number


def _renaming(found: Described) -> str:
    """What to do, with a number taken for it: it is handed out to nobody else."""
    new = instance_name(settings.BACKEND_PREFIX_ID, ServerNumber.objects.create().pk)
    words = f"gnt-instance rename --no-ip-check --no-name-check {found.instance} {new}"
    return f"Stop it, `{words}` on its cluster's master, and import {new}."


def _flavor(wanted: Wanted, found: Described) -> Flavor:
    disk = _gib(found.disks)
    size = f"{found.vcpus} cores, {found.memory} MiB of memory and {disk} GiB of disk"
    if wanted.flavor:
        rows = Flavor.objects.filter(pk=wanted.flavor) | Flavor.objects.filter(name=wanted.flavor)
        advice = f"No flavor is called {wanted.flavor}."
    else:
        rows = Flavor.objects.filter(
            vcpus=found.vcpus, ram=found.memory, disk=disk, ephemeral=0, swap=0, disabled=False
        )
        advice = f"No flavor has its {size}. Name the one it shall be shown as with --flavor, or make one."
    fitting = sorted(rows, key=lambda row: (len(demands.unkept(row.extra_specs)), row.pk))
    if not fitting:
        raise BadRequest(reason=f"{advice} List them with `openstack flavor list`.")
    demands.check_kept(fitting[0].name, fitting[0].extra_specs)
    return fitting[0]


def rehearse(caller: Caller, made: Plan) -> None:
    """Everything that :func:`adopt` would refuse, without its leaving anything."""
    with transaction.atomic():
        adopt(caller, made)
        transaction.set_rollback(True)


@atomically
def adopt(caller: Caller, made: Plan) -> None:
    """All of it. ``caller`` is the operator, acting in the project. Raises :class:`Conflict`, :class:`QuotaExceeded`."""
    require(caller, "admin", "import a server")
    if Server.objects.filter(pk=made.server).exists() or Server.objects.filter(number=made.number or -1).exists():
        raise Conflict(reason=f"Instance {made.found.instance} has become a server meanwhile.")
    backend, found = Backend.objects.get(name=made.wanted.backend), made.found
    server = _row(made, backend)
    amounts = {"servers": 1, "cores": found.vcpus, "ram": found.memory}
    quota.check(caller.project, {**amounts, "ports": sum(bool(one.port) for one in made.plugs)})
    quota.record(caller.project, {server.pk: amounts})
    beginning.enrol(caller, "server", [server], backend, mode=Mode.IMPORTED if made.as_it_is else Mode.NORMAL)
    store().raise_number(server.number)
    holding.release(backend, found.instance)
    network.make_ports(caller, server.pk, backend, made.plugs)
    beginning.note(caller, "server", server.pk, "imported", f"from the instance {found.instance} on {backend.name}")
    advance_batch([local(_seen(made, backend))])
    Stray.objects.filter(backend=backend, instance=found.instance).delete()


def _row(made: Plan, backend: Backend) -> Server:
    flavor = Flavor.objects.get(pk=made.flavor)
    return Server(
        id=made.server,
        number=made.number or ServerNumber.objects.create().pk,
        foreign_name="" if made.number else made.found.instance,
        name=made.name,
        hostname=made.found.instance,
        project=made.wanted.project,
        user=made.wanted.user,
        flavor_id=flavor.pk,
        flavor_name=flavor.name,
        vcpus=made.found.vcpus,
        ram=made.found.memory,
        disk=made.disk,
        extra_specs=flavor.extra_specs,
        availability_zone=backend.name,
    )


def _seen(made: Plan, backend: Backend) -> InstanceSeen:
    """The look that the import began with, as the instance is with our marks: its state comes the road of any other."""
    nics = tuple(Nic(name=nic_name(settings.BACKEND_PREFIX_ID, one.port), uuid=one.nic.uuid) for one in made.plugs)
    return InstanceSeen(
        cluster=backend.name,
        incarnation=backend.incarnation,
        server=made.server,
        version=0,
        exists=True,
        instance=made.found.instance,
        instance_uuid=made.found.instance_uuid,
        owner=made.server,
        status=made.found.status,
        node=made.found.node,
        nics=nics,
    )
