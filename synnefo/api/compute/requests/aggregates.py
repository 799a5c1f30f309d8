"""Bodies of aggregates: made, changed, their hosts and notes."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from logic import decoding
from logic.errors import BadRequest
from synnefo.api.compute.requests.changes import action as one_action
from synnefo.api.compute.requests.fields import Name, Text, name
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

ACTIONS = ("add_host", "remove_host", "set_metadata")


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """New, or what shall be different."""

    name: Name | UnsetType = UNSET
    availability_zone: Name | UnsetType | None = UNSET


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope."""

    aggregate: Wanted


class Host(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of ``add_host`` and ``remove_host``."""

    host: Name


class Metadata(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of ``set_metadata``; null takes a key out."""

    metadata: dict[Name, Text | None]


def creation(call: Call) -> tuple[str, str]:
    """Name and zone. Raises :class:`BadRequest`."""
    wanted = call.decode(Body).aggregate
    if wanted.name is UNSET:
        raise BadRequest(reason="The field aggregate.name is required.")
    return name(wanted.name, "aggregate.name"), _zone(wanted) or ""


def change(call: Call) -> tuple[str | None, str | None]:
    """None: as it is. Raises :class:`BadRequest`."""
    wanted = call.decode(Body).aggregate
    if wanted.name is UNSET and wanted.availability_zone is UNSET:
        raise BadRequest(reason="Send a name or an availability_zone.")
    return None if wanted.name is UNSET else name(wanted.name, "aggregate.name"), _zone(wanted)


def _zone(wanted: Wanted) -> str | None:
    zone = wanted.availability_zone
    return None if zone is UNSET else name(zone or "", "aggregate.availability_zone")


def action(call: Call) -> tuple[str, Any]:
    """Raises :class:`BadRequest`."""
    word, value = one_action(call)
    if word not in ACTIONS:
        raise BadRequest(reason=f"There is no action {clipped(word)!r}. Use one of {', '.join(ACTIONS)}.")
    return word, value


def host(word: str, value: Any) -> str:
    """Raises :class:`BadRequest`."""
    try:
        return decoding.convert(value, Host).host
    except msgspec.ValidationError:
        raise BadRequest(reason=f'The action {word} needs {{"host": …}}, the name of a host.') from None


def metadata(value: Any) -> dict[str, str | None]:
    """Raises :class:`BadRequest`."""
    try:
        return dict(decoding.convert(value, Metadata).metadata)
    except msgspec.ValidationError:
        raise BadRequest(reason='The action set_metadata needs {"metadata": {…}} of texts and nulls.') from None
