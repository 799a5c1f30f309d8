"""Which servers a list holds and in what order: filters, sort keys and pages as conditions on the table.

Called by ``queries`` only, which decides whose servers may be seen. Empty dates count as the earliest.
"""

import datetime
import functools
import operator
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from logic import paging
from logic.compute import tags
from logic.compute.models import Server
from logic.compute.states import NOVA_TASK, NOVA_VM_STATE, Mode, NovaStatus, Observed, Phase
from logic.errors import BadRequest
from logic.network.models import Address

Sort = Sequence[tuple[str, str]]


class Moment(Value):
    """A date and time. MariaDB takes it for text unless it is told, and what is coalesced with it for text too."""

    def as_mysql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, values = self.as_sql(compiler, connection)
        return f"CAST({sql} AS datetime(6))", values


EARLIEST = Moment(datetime.datetime.min.replace(tzinfo=datetime.UTC))
NULLABLE: dict[str, Coalesce] = {
    "launched_at": Coalesce("launched_at", EARLIEST),
    "terminated_at": Coalesce("terminated_at", EARLIEST),
    "description": Coalesce("description", Value("")),
}
SORTABLE = frozenset(NULLABLE) | {
    "created_at",
    "updated_at",
    "name",
    "id",
    "project",
    "user",
    "image",
    "flavor_id",
    "key_name",
    "availability_zone",
    "vcpus",
    "ram",
    "disk",
    "launch_index",
    "hostname",
    "locked_by",
}
_DELETES = ["delete", "delete-force"]
_CAPTURE = "capture"
_AS_BEFORE = ["", *_DELETES, _CAPTURE, "shelve-image", "offload"]  # what leaves the word of the status that there was
_REBUILDS = ["rebuild", "rebuild-stopped", "evacuate", "evacuate-stopped"]
_RESIZES = ["resize", "resize-stopped"]
_REVERTS = ["revert", "revert-stopped", "revert-move"]
_SHELVES = ["shelve", "shelve-off"]
_TASK_VERBS: dict[str, list[str]] = {
    NOVA_TASK[Phase.BUILDING]: ["create", "unshelve-anew"],
    NOVA_TASK[Phase.STARTING]: ["start"],
    NOVA_TASK[Phase.STOPPING]: ["stop"],
    NOVA_TASK[Phase.REBOOTING]: ["reboot"],
    NOVA_TASK[Phase.HARD_REBOOTING]: ["reboot-hard"],
    NOVA_TASK[Phase.REBUILDING]: _REBUILDS,
    NOVA_TASK[Phase.RESIZING]: _RESIZES,
    NOVA_TASK[Phase.REVERTING]: _REVERTS,
    NOVA_TASK[Phase.PAUSING]: ["pause"],
    NOVA_TASK[Phase.UNPAUSING]: ["unpause"],
    NOVA_TASK[Phase.SETTING]: ["password"],
    NOVA_TASK[Phase.SHELVING]: _SHELVES,
    NOVA_TASK[Phase.SAVING]: ["shelve-image"],
    NOVA_TASK[Phase.OFFLOADING]: ["offload"],
    NOVA_TASK[Phase.UNSHELVING]: ["unshelve"],
    NOVA_TASK[Phase.RESCUING]: ["rescue"],
    NOVA_TASK[Phase.UNRESCUING]: ["unrescue"],
    NOVA_TASK[Phase.CAPTURING]: [_CAPTURE],
    NOVA_TASK[Phase.MIGRATING]: ["migrate-live"],
    NOVA_TASK[Phase.MOVING]: ["migrate"],
    NOVA_TASK[Phase.DELETING]: _DELETES,
}
_POWER: dict[int, Observed] = {1: Observed.RUNNING, 3: Observed.PAUSED, 4: Observed.STOPPED, 6: Observed.CRASHED}


class ServerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list may be narrowed by. ``name`` and ``ip`` are regular expressions as Nova's (``ip`` from the start of
    the address); ``status``, ``vm_state`` and ``task_state`` Nova's words, ``power_state`` its number; ``columns``
    equalities with columns of :data:`COLUMNS`; ``tags`` those that have all of them, ``tags_any`` one of
    them, and the opposites; ``all_projects`` is for admins. ``deleted`` None: the living, and
    with ``changes_since`` or ``changes_before`` also the deleted."""

    name: str = ""
    status: list[str] = []
    vm_state: list[str] = []
    task_state: list[str] = []
    power_state: int | None = None
    host: str = ""
    ids: list[str] | None = None
    project: str = ""
    ip: str = ""
    columns: dict[str, Any] = {}
    tags: list[str] = []
    tags_any: list[str] = []
    not_tags: list[str] = []
    not_tags_any: list[str] = []
    changes_since: datetime.datetime | None = None
    changes_before: datetime.datetime | None = None
    deleted: bool | None = None
    locked: bool | None = None
    config_drive: bool | None = None
    all_projects: bool = False


COLUMNS = SORTABLE | {"reservation", "access_ip_v4", "access_ip_v6"}


def narrowed(rows: QuerySet[Server], wanted: ServerFilter) -> QuerySet[Server]:
    """The rows that the filter lets through."""
    return _in_state(_by_columns(rows, wanted), wanted)


def _by_columns(rows: QuerySet[Server], wanted: ServerFilter) -> QuerySet[Server]:
    same: dict[str, Any] = {
        "backend__name": wanted.host,
        "project": wanted.project,
        "name__regex": wanted.name,
        "updated_at__gte": wanted.changes_since,
        "updated_at__lte": wanted.changes_before,
        "pk__in": wanted.ids,
    }
    unknown = wanted.columns.keys() - COLUMNS
    assert not unknown, f"servers have no column {unknown}"
    rows = rows.filter(**{key: value for key, value in same.items() if value or value == []}, **wanted.columns)
    if wanted.host:
        rows = rows.exclude(mode=Mode.OFFLOADED)
    if wanted.locked is not None:
        free = Q(locked_by="") & ~Q(mode=Mode.IMPORTED)
        rows = rows.exclude(free) if wanted.locked else rows.filter(free)
    if wanted.config_drive is not None:
        drive = Q(config_drive=True)
        rows = rows.filter(drive) if wanted.config_drive else rows.exclude(drive)
    rows = _tagged(rows, wanted)
    if wanted.ip:
        # By the project too, or every port there is would be read for a small project's list.
        own = {"port__device": OuterRef("pk"), "port__project": OuterRef("project")}
        held = Address.objects.filter(**own, ip__regex=f"^(?:{wanted.ip})").exclude(port__observed="gone")
        rows = rows.filter(Exists(held))
    return rows


def _tagged(rows: QuerySet[Server], wanted: ServerFilter) -> QuerySet[Server]:
    if wanted.tags:
        rows = rows.filter(_every(wanted.tags))
    if wanted.tags_any:
        rows = rows.filter(_some(wanted.tags_any))
    if wanted.not_tags:
        rows = rows.exclude(_every(wanted.not_tags))
    return rows.exclude(_some(wanted.not_tags_any)) if wanted.not_tags_any else rows


def _every(words: Sequence[str]) -> Q:
    return functools.reduce(operator.and_, (Q(tags__regex=tags.pattern(word)) for word in words))


def _some(words: Sequence[str]) -> Q:
    return functools.reduce(operator.or_, (Q(tags__regex=tags.pattern(word)) for word in words))


def _in_state(rows: QuerySet[Server], wanted: ServerFilter) -> QuerySet[Server]:
    if wanted.status:
        rows = rows.filter(having_status(wanted.status))
    if wanted.vm_state:
        rows = rows.filter(having_status([word for word, state in NOVA_VM_STATE.items() if state in wanted.vm_state]))
    if wanted.task_state:
        verbs = [verb for word in wanted.task_state for verb in _TASK_VERBS.get(word, [])]
        rows = rows.filter(_task(verbs))
    if wanted.power_state is not None:
        rows = rows.filter(_power(wanted.power_state))
    if wanted.deleted is not None:
        return rows.filter(observed=Observed.GONE) if wanted.deleted else rows.exclude(observed=Observed.GONE)
    dated = wanted.changes_since or wanted.changes_before
    return rows if dated else rows.exclude(observed=Observed.GONE)


def _task(verbs: list[str]) -> Q:
    """A removal that waits for an earlier command is still deleting; what is about to leave waits for its image."""
    removed = Q(observed=Observed.REMOVED, verb="") & ~Q(mode=Mode.FAILED)
    leaving = Q(mode=Mode.LEAVING, verb="") & ~Q(observed__in=[Observed.GONE, Observed.REMOVED])
    found = Q(verb__in=verbs)
    if _DELETES[0] in verbs:
        found |= removed
    return found | leaving if "shelve-image" in verbs else found


def _power(number: int) -> Q:
    if number == 0:
        return ~Q(observed__in=list(_POWER.values()))
    return Q(observed=_POWER[number]) if number in _POWER else Q(pk__in=[])


def having_status(words: list[str]) -> Q:
    """Nova's words as conditions on the three columns: the inverse of ``states.nova_status``."""
    rules: dict[str, Q] = {
        NovaStatus.DELETED: Q(observed=Observed.GONE),
        NovaStatus.ERROR: Q(mode=Mode.FAILED, verb__in=_AS_BEFORE) & ~Q(observed=Observed.GONE),
        NovaStatus.BUILD: _sound(Q(verb="create") | Q(observed=Observed.NONE, verb__in=_AS_BEFORE[1:])),
        NovaStatus.REBOOT: Q(verb="reboot"),
        NovaStatus.HARD_REBOOT: Q(verb="reboot-hard"),
        NovaStatus.REBUILD: Q(verb__in=_REBUILDS),
        NovaStatus.RESIZE: Q(verb__in=[*_RESIZES, "migrate"]),
        NovaStatus.MIGRATING: Q(verb="migrate-live"),
        NovaStatus.REVERT_RESIZE: Q(verb__in=_REVERTS),
        NovaStatus.VERIFY_RESIZE: _lasting(Mode.RESIZED),
        NovaStatus.PAUSED: _sound(Q(observed=Observed.PAUSED, verb__in=[*_AS_BEFORE, *_SHELVES]) | Q(verb="unpause")),
        NovaStatus.SHELVED: Q(verb="unshelve") & ~Q(observed=Observed.GONE) | _lasting(Mode.SHELVED),
        NovaStatus.SHELVED_OFFLOADED: Q(verb="unshelve-anew") & ~Q(observed=Observed.GONE) | _lasting(Mode.OFFLOADED),
        NovaStatus.RESCUE: Q(verb="unrescue") & ~Q(observed=Observed.GONE) | _lasting(Mode.RESCUED),
        NovaStatus.ACTIVE: _sound(
            Q(observed=Observed.RUNNING, verb__in=_AS_BEFORE)
            | Q(verb__in=["stop", "pause", "password", "rescue"])
            | Q(verb__in=_SHELVES) & ~Q(observed=Observed.PAUSED)
            | Q(observed=Observed.REMOVED, verb__in=_AS_BEFORE)
        )
        | _lasting(Mode.LEAVING),
        NovaStatus.SHUTOFF: _sound(
            Q(observed__in=[Observed.STOPPED, Observed.CRASHED], verb__in=_AS_BEFORE) | Q(verb="start")
        ),
        NovaStatus.UNKNOWN: _sound(Q(observed=Observed.NONE, verb="")),
    }
    chosen = Q(pk__in=[])
    for word in words:
        chosen |= rules.get(word.upper(), Q(pk__in=[]))
    return chosen


def _lasting(mode: Mode) -> Q:
    return Q(mode=mode, verb__in=_AS_BEFORE) & ~Q(observed=Observed.GONE)


def _sound(condition: Q) -> Q:
    waiting = [Mode.FAILED, Mode.RESIZED, Mode.SHELVED, Mode.LEAVING, Mode.OFFLOADED, Mode.RESCUED]
    lasting = Q(mode__in=waiting, verb__in=_AS_BEFORE)
    return condition & ~Q(observed=Observed.GONE) & ~lasting


def sort_keys(sort: Sort | None) -> list[tuple[str, str]]:
    """The order asked for, newest first unless something else is, and made total. Raises :class:`BadRequest`."""
    unknown = [column for column, _ in sort or [] if column not in SORTABLE]
    if unknown:
        raise BadRequest(reason=f"Servers cannot be sorted by {unknown[0]}. Use one of {', '.join(sorted(SORTABLE))}.")
    return paging.with_id([(_never_null(column), way) for column, way in sort or [("created_at", "desc")]])


def keyed(rows: QuerySet[Server], keys: Sort) -> QuerySet[Server]:
    """The rows with what :func:`sort_keys` made of columns that may be null."""
    wanted = {column for column, _ in keys}
    return rows.annotate(
        **{alias: known for column, known in NULLABLE.items() if (alias := _never_null(column)) in wanted}
    )


def _never_null(column: str) -> str:
    return f"known_{column}" if column in NULLABLE else column
