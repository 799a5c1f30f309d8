"""Limits and quotas: of a project, of all by default, each in all and for each type of volumes."""

from typing import Annotated, Any, Final, TypedDict

import msgspec
from msgspec import Meta

from logic.errors import BadRequest, Forbidden
from logic.quota import commands
from logic.quota import queries as quota
from logic.quota.queries import EVERY, QuotaInfo
from logic.volume.queries import types
from synnefo.api.kernel.answers import of_keys
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import Objects, Shape, describes
from synnefo.api.kernel.reading import clipped
from synnefo.api.volume.versions import Since

Json = dict[str, Any]
Known = dict[str, QuotaInfo]
PLAIN: Final = ("volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes", "per_volume_gigabytes", "groups")
OF_TYPES: Final = ("volumes", "gigabytes", "snapshots")
UNLIMITED: Final = QuotaInfo(-1, 0)
HIGHEST: Final = 2**31 - 1


def _absolute(known: Known) -> Json:
    volumes, gigabytes, snapshots, backups, backed_up = (known.get(name, UNLIMITED) for name in PLAIN[:5])
    return {
        "maxTotalVolumes": volumes.limit,
        "totalVolumesUsed": volumes.used,
        "maxTotalVolumeGigabytes": gigabytes.limit,
        "totalGigabytesUsed": gigabytes.used,
        "maxTotalSnapshots": snapshots.limit,
        "totalSnapshotsUsed": snapshots.used,
        "maxTotalBackups": backups.limit,
        "totalBackupsUsed": backups.used,
        "maxTotalBackupGigabytes": backed_up.limit,
        "totalBackupGigabytesUsed": backed_up.used,
    }


class QuotaInUse(TypedDict):
    limit: int
    in_use: int
    reserved: int


Absolute: Any = of_keys("AbsoluteLimits", dict.fromkeys(_absolute({}), int))


class Limits(TypedDict):
    """There are no rates."""

    rate: Objects
    absolute: Absolute


# Of each type of volumes there are some of its name beside.
_IN_USE: Final[Shape] = {**dict.fromkeys(PLAIN, QuotaInUse), ...: QuotaInUse}
_PLAIN: Final[Shape] = {**dict.fromkeys(PLAIN, int), ...: int}
QUOTAS: Final[Shape] = {"id": str, **_PLAIN}
QUOTAS_IN_USE: Final[Shape] = {"id": str, **_IN_USE}


@describes(gives={"limits": Limits}, query=["project_id"])
def show_limits(call: Call) -> Answer:
    asked = call.query.one("project_id") if call.at_least(Since.LIMITS_OF_PROJECT) else ""
    project = asked if asked and call.caller.is_admin else call.caller.project
    return Answer(200, {"limits": {"rate": [], "absolute": _absolute(quota.quotas(project))}})


@describes(gives=({"quota_set": QUOTAS}, {"quota_set": QUOTAS_IN_USE}), query=["usage"])
def show_quotas(call: Call, project: str) -> Answer:
    if project != call.caller.project and not call.caller.is_admin:
        raise Forbidden(action="seeing another project's quota", needs="admin")
    usage = bool(call.query.flag("usage"))
    return Answer(200, {"quota_set": {"id": project, **_numbers(_of(project), usage=usage)}})


@describes(gives={"quota_set": QUOTAS})
def show_default_quotas(call: Call, project: str) -> Answer:  # noqa: ARG001 - the same for everybody
    return Answer(200, {"quota_set": {"id": project, **_numbers(_of(EVERY), usage=False)}})


Amount = Annotated[int, Meta(ge=-1, le=HIGHEST)]


class Body(msgspec.Struct, frozen=True):
    quota_set: dict[str, Amount | str | None]


class ClassBody(msgspec.Struct, frozen=True):
    quota_class_set: dict[str, Amount | str | None]


@describes(takes=Body, gives={"quota_set": _PLAIN})
def change_quotas(call: Call, project: str) -> Answer:
    commands.set_limits(call.caller, project, _limits(call.decode(Body).quota_set))
    return Answer(200, {"quota_set": _numbers(_of(project), usage=False)})


@describes()
def delete_quotas(call: Call, project: str) -> Answer:
    commands.reset_limits(call.caller, project, [name for _, name in _named()])
    return Answer(200)


@describes(gives={"quota_class_set": QUOTAS})
def show_class(call: Call, name: str) -> Answer:  # noqa: ARG001 - every class is as the default one
    return Answer(200, {"quota_class_set": {"id": name, **_numbers(_of(EVERY), usage=False)}})


@describes(takes=ClassBody, gives={"quota_class_set": _PLAIN})
def change_class(call: Call, name: str) -> Answer:
    if name != "default":
        raise BadRequest(reason=f"There is one class of quotas here, default, and none called {clipped(name)!r}.")
    commands.set_limits(call.caller, EVERY, _limits(call.decode(ClassBody).quota_class_set))
    return Answer(200, {"quota_class_set": _numbers(_of(EVERY), usage=False)})


def _limits(given: dict[str, int | str | None]) -> dict[str, int]:
    """Our names and the limits. Raises :class:`BadRequest`."""
    known = dict(_named())
    if unknown := [key for key in given if key not in known and key not in {"tenant_id", "id"}]:
        raise BadRequest(reason=f"There is no quota called {clipped(unknown[0])!r}. Leave it out.")
    return {known[key]: _limit(key, value) for key, value in given.items() if key in known and value is not None}


def _limit(key: str, value: int | str) -> int:
    digits = str(value)
    if not (digits.isascii() and digits.removeprefix("-").isdigit() and -1 <= int(digits[:11]) <= HIGHEST):
        raise BadRequest(
            reason=f"The quota {clipped(key)} must be a whole number from -1 (any number), not {clipped(digits)!r}."
        )
    return int(digits)


def _named() -> list[tuple[str, str]]:
    """(as Cinder calls it, as it is counted here)."""
    plain = [(name, name) for name in PLAIN]
    return plain + [(f"{kind}_{name}", f"{kind}_{id}") for id, name in types.names().items() for kind in OF_TYPES]


def _of(project: str) -> Known:
    """By Cinder's names."""
    limits, used = quota.limits(project), quota.usage(project)
    return {told: QuotaInfo(limits.get(name, -1), used.get(name, 0)) for told, name in _named()}


def _numbers(known: Known, *, usage: bool) -> Json:
    if usage:
        return {name: {"limit": one.limit, "in_use": one.used, "reserved": 0} for name, one in known.items()}
    return {name: one.limit for name, one in known.items()}
