"""What the actions of ``views.lifecycle`` take."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from logic import decoding
from logic.compute.commands import Target
from logic.errors import BadRequest
from synnefo.api.compute.requests import fields
from synnefo.api.compute.requests.fields import Name, not_here
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call


class Rescue(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``rescue``, unless it is null."""

    adminPass: Name = ""  # noqa: N815 - Nova's name
    rescue_image_ref: str | None = None


def rescue(value: Any) -> str:
    """The password that was sent, if one was. Raises :class:`BadRequest`."""
    try:
        wanted = decoding.convert(value or {}, Rescue)
    except msgspec.ValidationError as error:
        raise BadRequest(reason=f"The action rescue cannot be read: {error}. Send null.") from None
    if wanted.rescue_image_ref:
        raise not_here("rescue.rescue_image_ref", "there is one rescue system for all servers. Leave it out.")
    return wanted.adminPass


class Password(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``changePassword``."""

    adminPass: str  # noqa: N815 - Nova's name


def password(value: Any) -> str:
    """Raises :class:`BadRequest`, also for an empty one: with that anybody could log in."""
    try:
        wanted = decoding.convert(value, Password).adminPass
    except msgspec.ValidationError:
        raise BadRequest(reason='The action changePassword needs {"adminPass": "…"}.') from None
    if not wanted:
        raise BadRequest(reason="The field changePassword.adminPass must not be empty.")
    return fields.password(wanted, "changePassword.adminPass")


class Unshelve(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``unshelve``, unless it is null: from 2.77 on a zone, from 2.91 on a host too, and null for any
    zone."""

    availability_zone: Name | UnsetType | None = UNSET
    host: Name | UnsetType = UNSET


def unshelve(value: Any, call: Call) -> Target:
    """Where to. Raises :class:`BadRequest`."""
    if value is None or (value in ({}, "") and not call.at_least(Since.UNSHELVED_TO_ZONE)):
        return Target()
    try:
        wanted = decoding.convert(value, Unshelve)
    except msgspec.ValidationError as error:
        raise BadRequest(reason=f"The action unshelve cannot be read: {error}. Send null.") from None
    zone = wanted.availability_zone
    if wanted == Unshelve() or not call.at_least(Since.UNSHELVED_TO_ZONE):
        raise BadRequest(reason="The action unshelve cannot be read. Send null, or from version 2.77 on a zone.")
    if (zone is None or wanted.host) and not call.at_least(Since.UNSHELVED_TO_HOST):
        raise BadRequest(reason="The action unshelve takes only the name of a zone before version 2.91.")
    return Target(zone="" if zone is None else zone or None, host=wanted.host or "")


def empty(name: str, value: Any) -> None:
    """These take null; clients also send an empty object or string. Raises :class:`BadRequest`."""
    if value not in (None, {}, ""):
        raise BadRequest(reason=f"The action {name} takes nothing. Send null.")
