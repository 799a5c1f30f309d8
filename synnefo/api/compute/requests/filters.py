"""The query string of server lists as a filter: which parameter means what, from which version, and for whom.

Nova's rule: a tenant's unknown or admins' filters are ignored; from 2.75 an unknown one is refused. A filter that Nova
knows and this cloud cannot apply is refused to whoever may use it: a list that ignores it would be wrong.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from logic.compute.listing import ServerFilter
from logic.errors import BadRequest, Forbidden
from synnefo.api.compute.requests.fields import flag, whole
from synnefo.api.compute.requests.patterns import pattern
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.describing import PAGE, SORT, Shape
from synnefo.api.kernel.paging import sorting
from synnefo.api.kernel.reading import clipped

STATUSES = frozenset({
    *("ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD", "PAUSED", "REBOOT", "REBUILD"),
    *("RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED"),
    *("UNKNOWN", "VERIFY_RESIZE"),
})  # fmt: skip
Found = dict[str, Any]
Read = Callable[[Found, str, str], None]


class Filter(msgspec.Struct, frozen=True):
    """How a parameter is read, and from which 2.N tenants may use it too."""

    read: Read
    everybody: int = 1


def _column(column: str, value: Callable[[str, str], Any] = lambda text, _: text) -> Read:
    def read(found: Found, text: str, parameter: str) -> None:
        found.setdefault("columns", {})[column] = value(text, parameter)

    return read


def _put(field: str, value: Callable[[str, str], Any] = lambda text, _: text) -> Read:
    def read(found: Found, text: str, parameter: str) -> None:
        found[field] = value(text, parameter)

    return read


def _always(value: Callable[[str, str], bool]) -> Read:
    """Of what is the same for every server: nothing is found unless ``value`` says that it is asked for."""

    def read(found: Found, text: str, parameter: str) -> None:
        if not value(text, parameter):
            found["ids"] = []

    return read


def moment(text: str, parameter: str) -> datetime.datetime:
    """ISO 8601; without a zone it is UTC. Raises :class:`BadRequest`."""
    try:
        when = datetime.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return when.astimezone(datetime.UTC) if when.tzinfo else when.replace(tzinfo=datetime.UTC)
    except (ValueError, OverflowError):
        reason = f"The parameter {parameter} must be a time such as 2026-01-31T12:00:00Z, not {clipped(text)!r}."
        raise BadRequest(reason=reason) from None


def _words(text: str, _: str) -> list[str]:
    """Between commas."""
    return [word for word in text.split(",") if word]


FOR_ALL, ADMIN = Since.FILTERS_FOR_ALL, 1000
FILTERS: dict[str, Filter] = {
    "name": Filter(_put("name", pattern)),
    "display_name": Filter(_put("name", pattern), ADMIN),
    "image": Filter(_column("image")),
    "image_ref": Filter(_column("image"), ADMIN),
    "flavor": Filter(_column("flavor_id")),
    "ip": Filter(_put("ip", pattern)),
    "ip6": Filter(_put("ip", pattern), Since.IP6_FILTER),
    "reservation_id": Filter(_column("reservation")),
    "changes-since": Filter(_put("changes_since", moment)),
    "host": Filter(_put("host"), ADMIN),
    "node": Filter(_put("host"), ADMIN),
    "uuid": Filter(_put("ids", lambda text, _: [text]), ADMIN),
    "user_id": Filter(_column("user"), FOR_ALL),
    "key_name": Filter(_column("key_name"), FOR_ALL),
    "availability_zone": Filter(_column("availability_zone"), FOR_ALL),
    "created_at": Filter(_column("created_at", moment), FOR_ALL),
    "launched_at": Filter(_column("launched_at", moment), FOR_ALL),
    "terminated_at": Filter(_column("terminated_at", moment), FOR_ALL),
    "power_state": Filter(_put("power_state", whole), FOR_ALL),
    "task_state": Filter(_put("task_state", lambda text, _: [text]), FOR_ALL),
    "vm_state": Filter(_put("vm_state", lambda text, _: [text]), FOR_ALL),
    "progress": Filter(_always(lambda text, name: whole(text, name) == 0), FOR_ALL),
    "config_drive": Filter(_put("config_drive", flag), FOR_ALL),
    "locked": Filter(_put("locked", flag)),
    "locked_by": Filter(_column("locked_by"), ADMIN),
    "tags": Filter(_put("tags", _words)),
    "tags-any": Filter(_put("tags_any", _words)),
    "not-tags": Filter(_put("not_tags", _words)),
    "not-tags-any": Filter(_put("not_tags_any", _words)),
    "hostname": Filter(_column("hostname"), ADMIN),
    "access_ip_v4": Filter(_column("access_ip_v4"), ADMIN),
    "access_ip_v6": Filter(_column("access_ip_v6"), ADMIN),
    "launch_index": Filter(_column("launch_index", whole), ADMIN),
    "vcpus": Filter(_column("vcpus", whole), ADMIN),
    "memory_mb": Filter(_column("ram", whole), ADMIN),
    "root_gb": Filter(_column("disk", whole), ADMIN),
    "description": Filter(_column("description"), ADMIN),
    "display_description": Filter(_column("description"), ADMIN),
    "changes-before": Filter(_put("changes_before", moment)),
}
# Unknown before.
CAME = {
    **dict.fromkeys(("tags", "tags-any", "not-tags", "not-tags-any"), Since.TAGS),
    "changes-before": Since.CHANGES_BEFORE,
    "locked": Since.LOCKED_REASON,
}
# Read elsewhere in this module or by the kernel.
SPECIAL = frozenset({
    *("status", "all_tenants", "deleted", "project_id", "tenant_id"),
    *("limit", "marker", "sort_key", "sort_dir"),
})  # fmt: skip
# Nova's, and not ours.
ABSENT = frozenset({
    *("auto_disk_config", "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device"),
    *("ephemeral_gb", "ephemeral_key_uuid", "instance_type_id", "internal_id", "kernel_id"),
    *("os_type", "ramdisk_id", "root_device_name", "shutdown_terminate", "soft_deleted", "vm_mode"),
})  # fmt: skip
QUERY: Mapping[str, Shape] = {**dict.fromkeys([*FILTERS, *sorted(SPECIAL)], str), **PAGE, **SORT}
SORTED = {
    **{name: name for name in ("created_at", "updated_at", "launched_at", "terminated_at", "key_name", "vcpus")},
    "availability_zone": "availability_zone",
    "display_description": "description",
    "display_name": "name",
    "hostname": "hostname",
    "image_ref": "image",
    "instance_type_id": "flavor_id",
    "launch_index": "launch_index",
    "locked": "locked_by",
    "memory_mb": "ram",
    "project_id": "project",
    "root_gb": "disk",
    "user_id": "user",
    "uuid": "id",
}


def wanted(call: Call) -> ServerFilter:
    """What the query string narrows the list to. Raises :class:`BadRequest`, :class:`Forbidden`."""
    found: Found = {}
    for parameter in call.query:
        if parameter not in SPECIAL:
            _read(call, found, parameter)
    _status(call, found)
    _projects(call, found)
    if call.caller.is_admin and "deleted" not in found and call.query.one("deleted"):
        found["deleted"] = flag(call.query.one("deleted"), "deleted")
    since, before = found.get("changes_since"), found.get("changes_before")
    if since and before and since > before:
        raise BadRequest(reason="changes-since must not be later than changes-before.")
    return ServerFilter(**found)


def _read(call: Call, found: Found, parameter: str) -> None:
    known = FILTERS.get(parameter) if call.at_least(CAME.get(parameter, 1)) else None
    text = call.query.one(parameter)
    if known is None and parameter not in ABSENT:
        if call.at_least(Since.STRICT):
            reason = f"The parameter {clipped(parameter)!r} is not known in version 2.{call.version[1]}. Leave it out."
            raise BadRequest(reason=reason)
    elif known is None and call.caller.is_admin and text:
        raise BadRequest(reason=f"Servers cannot be filtered by {parameter} in this cloud. Leave it out.")
    elif known and text and (call.caller.is_admin or call.at_least(known.everybody)):
        known.read(found, text, parameter)


def _status(call: Call, found: Found) -> None:
    words = [word.upper() for word in call.query.all("status") if word]
    unknown = [word for word in words if word not in STATUSES]
    if unknown and call.at_least(Since.STATUS_CHECKED):
        raise BadRequest(
            reason=f"The status {clipped(unknown[0])!r} does not exist. Use one such as ACTIVE or SHUTOFF."
        )
    if words == ["DELETED"]:
        if not call.caller.is_admin:
            raise Forbidden(action="listing deleted servers", needs="admin")
        found["deleted"] = True
    if words:
        found["status"] = words


def _projects(call: Call, found: Found) -> None:
    """``all_tenants`` is for admins, who may then name one project."""
    everybody = "all_tenants" in call.query and flag(call.query.one("all_tenants") or "true", "all_tenants")
    named = call.query.one("project_id") or call.query.one("tenant_id")
    if call.caller.is_admin and named and everybody:
        found["project"] = named
    found["all_projects"] = everybody


def order(call: Call) -> list[tuple[str, str]]:
    """Raises :class:`BadRequest`."""
    if "locked" in call.query.all("sort_key") and not call.at_least(CAME["locked"]):
        raise BadRequest(reason=f"Cannot sort by 'locked' in version 2.{call.version[1]}. Ask for 2.{CAME['locked']}.")
    return sorting(call, SORTED)
