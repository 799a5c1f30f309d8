"""Bodies of flavors: offered, described, and their extra specs."""

import re
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from logic import clock, decoding
from logic.compute.flavors import NewFlavor
from logic.errors import BadRequest
from synnefo.api.compute.requests.changes import action as one_action
from synnefo.api.compute.requests.fields import Flag, Items, Name, Whole, flag, items, name, of_version, whole
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call

Description = Annotated[str, Meta(max_length=65535)]
MAX_FACTOR = 3.40282e38  # Nova's
_ID = re.compile(r"[a-zA-Z0-9. _-]{1,255}")


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The new flavor. ``id`` null, left out or ``auto``: one is made up."""

    name: Name
    ram: Whole
    vcpus: Whole
    disk: Whole = 0
    id: str | int | None = None
    swap: Whole = 0
    ephemeral: Whole = field(default=0, name="OS-FLV-EXT-DATA:ephemeral")
    rxtx_factor: float | str = 1.0
    is_public: Flag = field(default=True, name="os-flavor-access:is_public")
    description: Description | UnsetType | None = UNSET


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of ``POST /flavors``."""

    flavor: Wanted


class Described(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What ``PUT`` may change."""

    description: Description | None


class DescribedBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of ``PUT /flavors/{id}``."""

    flavor: Described


class Specs(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``POST …/os-extra_specs``."""

    extra_specs: Items


class Access(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of ``addTenantAccess`` and ``removeTenantAccess``."""

    tenant: Name


def access(call: Call) -> tuple[str, str]:
    """The action and the project. Raises :class:`BadRequest`."""
    word, value = one_action(call)
    if word not in {"addTenantAccess", "removeTenantAccess"}:
        raise BadRequest(reason="The actions of a flavor are addTenantAccess and removeTenantAccess. Send one of them.")
    try:
        return word, decoding.convert(value, Access).tenant
    except msgspec.ValidationError:
        raise BadRequest(reason=f'The action {word} needs {{"tenant": …}}, the id of a project.') from None


def creation(call: Call) -> NewFlavor:
    """Raises :class:`BadRequest`."""
    wanted = call.decode(Body).flavor
    of_version(call, wanted, {"description": Since.FLAVOR_DESCRIPTION}, "flavor")
    return NewFlavor(
        id=_id(wanted.id),
        name=name(wanted.name, "flavor.name"),
        ram=whole(wanted.ram, "flavor.ram", low=1),
        vcpus=whole(wanted.vcpus, "flavor.vcpus", low=1),
        disk=whole(wanted.disk, "flavor.disk"),
        ephemeral=whole(wanted.ephemeral, "flavor.OS-FLV-EXT-DATA:ephemeral"),
        swap=whole(wanted.swap or 0, "flavor.swap"),
        rxtx_factor=_factor(wanted.rxtx_factor),
        is_public=flag(wanted.is_public, "flavor.os-flavor-access:is_public"),
        description=None if wanted.description is UNSET else wanted.description,
    )


def _id(asked: str | int | None) -> str:
    if asked is None or asked == "auto":
        return str(clock.new_uuid())
    id = str(asked)
    if not _ID.fullmatch(id) or id != id.strip():
        raise BadRequest(
            reason="The field flavor.id may hold letters, digits, spaces, dots, - and _ only, 255 at most."
        )
    return id


def _factor(value: float | str) -> float:
    """A note, which means nothing on any hypervisor that Nova still has."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= MAX_FACTOR:
        raise BadRequest(reason="The field flavor.rxtx_factor must be a number above 0.")
    return number


def specs(call: Call) -> dict[str, str]:
    """Raises :class:`BadRequest`."""
    return items(call.decode(Specs).extra_specs, "extra_specs")


def spec(call: Call, key: str) -> dict[str, str]:
    """The one spec that the address names. Raises :class:`BadRequest`."""
    sent = items(call.decode(Items), "the body")
    if sent.keys() != {key}:
        raise BadRequest(reason="The body must hold the one extra spec that the address names.")
    return sent
