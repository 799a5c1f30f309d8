"""What admins may ask of flavors: offer one, withdraw one, describe one, open one to a project, note extra specs.

Called by the API facades. Servers keep a copy of what they were made from, so a flavor may go at any time. What its extra
specs demand is looked at when a server is to have it: ``demands``.
"""

import msgspec
from django.conf import settings

from logic.access import Caller, require
from logic.backends import os_parameters
from logic.compute import demands, queries
from logic.compute.infos import FlavorInfo
from logic.compute.models import Flavor, FlavorAccess
from logic.errors import BadRequest, Conflict, Duplicate, NotFound
from logic.transactions import atomically

MAX_SPECS = 128


class NewFlavor(msgspec.Struct, frozen=True, kw_only=True):
    """A flavor asked for. ``ram`` and ``swap`` in MiB, ``disk`` and ``ephemeral`` in GiB; ``rxtx_factor`` is a note."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    is_public: bool = True
    description: str | None = None
    ephemeral: int = 0
    swap: int = 0
    rxtx_factor: float = 1.0


@atomically
def create_flavor(caller: Caller, wanted: NewFlavor) -> FlavorInfo:
    """Raises :class:`Forbidden`, :class:`Duplicate`, :class:`BadRequest`."""
    require(caller, "admin", "create a flavor")
    if wanted.ephemeral or wanted.swap:
        check_more_disks(wanted.disk)
    for column, value in (("id", wanted.id), ("name", wanted.name)):
        if Flavor.objects.filter(**{column: value}).exists():
            raise Duplicate(kind="flavor", id=value)
    Flavor.objects.create(**msgspec.structs.asdict(wanted))
    return queries.flavor(caller, wanted.id)


def check_more_disks(disk: int) -> None:
    """May a server have disks beside its first, which has ``disk`` GiB? Raises :class:`BadRequest`."""
    if not os_parameters.provider_of(settings.GANETI_OS_PROVIDER).more_disks:
        raise BadRequest(reason="Servers of this cloud have one disk: send 0 for swap and for ephemeral disks.")
    if not disk:
        raise BadRequest(reason="What has no disk of its own has none for swap and none that is ephemeral either.")


@atomically
def describe_flavor(caller: Caller, id: str, description: str | None) -> FlavorInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "change a flavor")
    _held(id)
    Flavor.objects.filter(pk=id).update(description=description)
    return queries.flavor(caller, id)


@atomically
def delete_flavor(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "delete a flavor")
    _held(id).delete()


@atomically
def set_extra_specs(caller: Caller, id: str, specs: dict[str, str], *, checked: bool = True) -> dict[str, str]:
    """Add these to the ones there are; all of them afterwards. ``checked``: those of Nova's names have to be well formed. Raises
    :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`."""
    require(caller, "admin", "change a flavor's extra specs")
    row = _held(id)
    if checked:
        demands.check_form(specs)
    after = {**row.extra_specs, **specs}
    if len(after) > MAX_SPECS:
        raise BadRequest(reason=f"A flavor has at most {MAX_SPECS} extra specs.")
    Flavor.objects.filter(pk=id).update(extra_specs=after)
    return after


@atomically
def delete_extra_spec(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the flavor and for the spec."""
    require(caller, "admin", "change a flavor's extra specs")
    row = _held(id)
    if key not in row.extra_specs:
        raise NotFound(kind="extra spec", id=key)
    Flavor.objects.filter(pk=id).update(
        extra_specs={name: row.extra_specs[name] for name in row.extra_specs if name != key}
    )


def access(caller: Caller, id: str) -> list[str]:
    """Ids of the projects that may use a flavor which is not public. Raises :class:`Forbidden`, :class:`NotFound` also for one
    that is: it has no such list."""
    require(caller, "admin", "see who may use a flavor")
    if queries.flavor(caller, id).is_public:
        raise NotFound(kind="access list of flavor", id=id)
    return list(FlavorAccess.objects.filter(flavor=id).order_by("id").values_list("project", flat=True))


@atomically
def open_to(caller: Caller, id: str, project: str) -> list[str]:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict` for one that is public or open to it already."""
    require(caller, "admin", "open a flavor")
    if _held(id).is_public:
        raise Conflict(reason=f"Flavor {id} is public: every project may use it.")
    if FlavorAccess.objects.filter(flavor=id, project=project).exists():
        raise Conflict(reason=f"Flavor {id} is open to project {project} already.")
    FlavorAccess.objects.create(flavor_id=id, project=project)
    return access(caller, id)


@atomically
def close_to(caller: Caller, id: str, project: str) -> list[str]:
    """Servers that were made of it stay. Raises :class:`Forbidden`, :class:`NotFound` also for a project that it is not open to,
    :class:`Conflict` for one that is public."""
    require(caller, "admin", "close a flavor")
    if _held(id).is_public:
        raise Conflict(reason=f"Flavor {id} is public: it cannot be closed to one project.")
    found, _ = FlavorAccess.objects.filter(flavor=id, project=project).delete()
    if not found:
        raise NotFound(kind="access to this flavor", id=project)
    return access(caller, id)


def _held(id: str) -> Flavor:
    row = Flavor.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind="flavor", id=id)
    return row
