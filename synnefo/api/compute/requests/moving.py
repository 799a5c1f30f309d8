"""What the actions take that move a server: ``migrate``, ``os-migrateLive``, ``evacuate``.

A host is a cluster, and a server moves on its own: there is one place to name. What asks for another way of moving is refused.
"""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from logic import decoding
from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import Flag, Name, flag, not_here, of_version
from synnefo.api.compute.requests.lifecycle import empty
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import sentence

T = TypeVar("T")
_COPIED = "disks are shared or mirrored by their cluster, and not copied. Send false, or auto."


class Cold(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of ``migrate``, from 2.56."""

    host: Name | None = None


class Live(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """That of ``os-migrateLive``."""

    host: Name | None
    block_migration: Flag
    disk_over_commit: Flag | UnsetType = UNSET
    force: Flag | UnsetType = UNSET


class Evacuation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """That of ``evacuate``."""

    host: Name | None = None
    adminPass: Name | UnsetType = UNSET  # noqa: N815 - Nova's name
    onSharedStorage: Flag | UnsetType = UNSET  # noqa: N815 - Nova's name
    force: Flag | UnsetType = UNSET


def cold(call: Call, value: Any) -> str | None:
    """The host. Raises :class:`BadRequest`."""
    if not call.at_least(Since.COLD_HOST):
        empty("migrate", value)
        return None
    return _read("migrate", {} if value is None else value, Cold).host


def live(call: Call, value: Any) -> str | None:
    """The host. Raises :class:`BadRequest`."""
    wanted = _read("os-migrateLive", value, Live)
    where = "os-migrateLive"
    if call.at_least(Since.BLOCK_AUTO) == (wanted.disk_over_commit is not UNSET):
        known = "not known from" if call.at_least(Since.BLOCK_AUTO) else "needed below"
        raise BadRequest(reason=f"The field {where}.disk_over_commit is {known} version 2.{int(Since.BLOCK_AUTO)}.")
    _force(call, wanted, where, Since.LIVE_FORCED)
    auto = wanted.block_migration == "auto"
    if auto and not call.at_least(Since.BLOCK_AUTO):
        raise BadRequest(reason=f"The field {where}.block_migration must be true or false in this version.")
    if not auto and flag(wanted.block_migration, f"{where}.block_migration"):
        raise not_here(f"{where}.block_migration", _COPIED)
    if wanted.disk_over_commit is not UNSET and flag(wanted.disk_over_commit, f"{where}.disk_over_commit"):
        raise not_here(f"{where}.disk_over_commit", _COPIED)
    return wanted.host


def evacuation(call: Call, value: Any) -> str | None:
    """The host. Raises :class:`BadRequest`."""
    wanted, where = _read("evacuate", value, Evacuation), "evacuate"
    old = not call.at_least(Since.STORAGE_KNOWN)
    if old == (wanted.onSharedStorage is UNSET):
        known = "needed below" if old else "not known from"
        raise BadRequest(reason=f"The field {where}.onSharedStorage is {known} version 2.{int(Since.STORAGE_KNOWN)}.")
    if wanted.onSharedStorage is not UNSET and not flag(wanted.onSharedStorage, f"{where}.onSharedStorage"):
        raise not_here(
            f"{where}.onSharedStorage", "a server keeps its disk, which other nodes have or reach. Send true."
        )
    if wanted.adminPass is not UNSET:
        raise BadRequest(reason="The password on a disk that stays cannot be changed. Leave adminPass out.")
    _force(call, wanted, where, Since.EVACUATION_FORCED)
    return wanted.host


def _force(call: Call, wanted: Live | Evacuation, where: str, since: int) -> None:
    """To spare the scheduler's questions: there is one host, and the cluster is asked in any case."""
    of_version(call, wanted, {"force": since}, where)
    if wanted.force is not UNSET:
        flag(wanted.force, f"{where}.force")
        if call.at_least(Since.NEVER_FORCED):
            raise BadRequest(reason=f"The field {where}.force is not known from version 2.{int(Since.NEVER_FORCED)}.")


def _read(name: str, value: Any, kind: type[T]) -> T:
    try:
        return decoding.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(reason=f"The action {name} cannot be read. {sentence(str(error))}") from None
