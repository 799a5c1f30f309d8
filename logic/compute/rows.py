"""Servers as the database has them, read at once with their cluster and addresses: one statement for a page, by hand, since
the ORM would spend more on composing it and on making objects than the database does on answering.

Called by ``queries``, which decides what may be seen. Plain SQL: every database of ours reads it alike.
"""

import datetime
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from logic import decoding, paging
from logic.compute import guests, states, tags
from logic.compute.infos import Fault, FlavorInfo, ServerInfo
from logic.compute.models import Server, instance_of
from logic.compute.states import NovaStatus
from logic.db import asked
from logic.network.queries import AddressInfo
from logic.snapshots import State

COLUMNS = (
    *("id", "name", "description", "project", "user", "image", "key_name", "metadata", "availability_zone"),
    *("pinned_zone", "user_data", "reservation", "launch_index", "created_at", "updated_at", "launched_at"),
    *(
        "terminated_at",
        "number",
        "flavor_id",
        "flavor_name",
        "vcpus",
        "ram",
        "disk",
        "ephemeral",
        "swap",
        "extra_specs",
    ),
    *("foreign_name", "tags", "locked_by", "locked_reason", "hostname", "access_ip_v4", "access_ip_v6"),
    *("group", "hints", "image_properties", "disk_config", "config_drive", "root_volume"),
    *("observed", "mode", "fault", "fault_code", "command", "verb"),
)
MOMENTS = frozenset({"created_at", "updated_at", "launched_at", "terminated_at"})
# A row for each address of each server; one for a server without any.
_PAGE = """
SELECT {columns}, backend.name, backend.offline, backend.drained,
       EXISTS (SELECT 1 FROM volume_volume volume WHERE volume.device = server.id AND volume.observed <> 'gone'),
       network.name, address.ip, subnet.ip_version, port.mac
  FROM ({page}) server
  LEFT JOIN placement_backend backend ON backend.id = server.backend_id
  LEFT JOIN network_port port ON port.device = server.id AND port.observed <> 'gone'
  LEFT JOIN network_address address ON address.port_id = port.id
  LEFT JOIN network_subnet subnet ON subnet.id = address.subnet_id
  LEFT JOIN network_network network ON network.id = port.network_id
 ORDER BY {order}
"""
_ONE = "SELECT * FROM compute_server WHERE id = %s"
_ADDRESS = len(COLUMNS) + 4
Row = Sequence[Any]


def one(id: str) -> ServerInfo | None:
    """Any server there is or was."""
    found = _infos(asked(_statement(connection.vendor, _ONE, ""), [id]))
    return found[0] if found else None


def page(rows: QuerySet[Server], keys: paging.Keys, limit: int) -> list[ServerInfo]:
    """The first ``limit`` of these servers in this order."""
    columns = dict.fromkeys([*COLUMNS, "backend_id", *[column for column, _ in keys]])
    try:
        sql, values = paging.ordered(rows, keys).values(*columns)[:limit].query.sql_with_params()
    except EmptyResultSet:
        return []
    order = [f"{_quoted(column)} {'DESC' if way == 'desc' else 'ASC'}" for column, way in keys]
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor, sql, ", ".join(order) + ", "), values)
        return _infos(cursor.fetchall())


@functools.lru_cache(64)
def _statement(vendor: str, page: str, order: str) -> str:  # noqa: ARG001 - each database quotes in its way
    columns = ", ".join(_text(column) if column in MOMENTS else _quoted(column) for column in COLUMNS)
    return _PAGE.format(columns=columns, page=page, order=f"{order}address.id")


def _quoted(column: str) -> str:
    return f"server.{connection.ops.quote_name(column)}"


def _text(column: str) -> str:
    """Dates come as text: reading them is a tenth of the work then."""
    return f"CAST({_quoted(column)} AS {connection.ops.cast_char_field_without_max_length})"


def _infos(rows: Iterable[Row]) -> list[ServerInfo]:
    """The rows of one server stand together."""
    found: list[ServerInfo] = []
    for row in rows:
        if not found or found[-1].id != row[0]:
            found.append(_info(row))
        if row[_ADDRESS + 1]:
            network, ip, version, mac = row[_ADDRESS:]
            found[-1].addresses.append(AddressInfo(network=network, ip=ip, version=version, mac=mac))
    return found


def _info(row: Row) -> ServerInfo:
    (id, name, description, project, user, image, key_name, metadata, zone, pinned_zone, user_data, reservation, index,
     created, updated, launched, terminated, number, flavor, flavor_name, vcpus, ram, disk, ephemeral, swap, specs, foreign_name,
     tagged, locked_by, locked_reason, hostname, access_ip_v4, access_ip_v6, group, hints, image_properties, disk_config,
     config_drive, root_volume, observed, mode, fault, fault_code, command, verb, host, offline, drained, has_volumes,
     *_) = row  # fmt: skip
    host = None if mode == states.Mode.OFFLOADED else host
    status, task, vm_state, power = _words(observed, mode, verb if command else "", waiting=bool(command))
    return ServerInfo(
        id=id,
        name=name,
        description=description,
        project=project,
        user=user,
        status=status,
        task=task,
        vm_state=vm_state,
        power=power,
        flavor=FlavorInfo(
            id=flavor,
            name=flavor_name,
            vcpus=vcpus,
            ram=ram,
            disk=disk,
            ephemeral=ephemeral,
            swap=swap,
            is_public=True,
            disabled=False,
            description=None,
            extra_specs=_object(specs),
        ),
        image=image,
        key_name=key_name,
        metadata=_object(metadata),
        addresses=[],
        availability_zone=pinned_zone if mode == states.Mode.OFFLOADED else zone,
        pinned_zone=pinned_zone,
        user_data=user_data,
        reservation=reservation,
        launch_index=index,
        host=host or "",
        host_status=_host_status(host, offline=offline, drained=drained),
        instance=instance_of(number, foreign_name),
        imported=mode == states.Mode.IMPORTED,
        locked_by=locked_by,
        locked_reason=locked_reason,
        tags=tags.listed(tagged),
        hostname=hostname or guests.hostname(name, id),
        access_ip_v4=access_ip_v4,
        access_ip_v6=access_ip_v6,
        group=group,
        hints=_hints(hints) if hints else {},
        disk_config=disk_config,
        root_volume=root_volume,
        config_drive=bool(config_drive),
        image_properties=_object(image_properties) if image_properties else {},
        fault=Fault(message=fault, code=fault_code, at=_moment(updated))
        if status == NovaStatus.ERROR and fault
        else None,
        created_at=_moment(created),
        updated_at=_moment(updated),
        launched_at=launched and _moment(launched),
        terminated_at=terminated and _moment(terminated),
        has_volumes=bool(has_volumes),
    )


@functools.cache
def _words(observed: str, mode: str, verb: str, *, waiting: bool) -> tuple[str, str | None, str, int]:
    """Nova's status, task, VM state and power state: there are few combinations."""
    state = State(observed=observed, mode=mode, verb=verb, command="?" if waiting else "")
    return states.nova_status(state), states.nova_task(state), states.nova_vm_state(state), states.nova_power(state)


def _host_status(host: str | None, *, offline: bool, drained: bool) -> str:
    if host is None:
        return ""
    return "DOWN" if offline else "MAINTENANCE" if drained else "UP"


_object = decoding.decoder(dict[str, str]).decode
_hints = decoding.decoder(dict[str, Any]).decode


def _moment(text: str) -> datetime.datetime:
    """All are UTC; only PostgreSQL says so."""
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
