"""What the actions of ``views.lifecycle`` take."""

from typing import Any

import msgspec

from logic import decoding
from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import Name, not_here


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


def unshelve(value: Any) -> None:
    """Raises :class:`BadRequest`."""
    if isinstance(value, dict) and value.keys() & {"availability_zone", "host"}:
        raise not_here("unshelve.availability_zone", "a shelved server stays on its cluster. Send null.")
    empty("unshelve", value)


def empty(name: str, value: Any) -> None:
    """These take null; clients also send an empty object or string. Raises :class:`BadRequest`."""
    if value not in (None, {}, ""):
        raise BadRequest(reason=f"The action {name} takes nothing. Send null.")
