"""Aggregates: clusters under one name, with notes, for administrators. Placement does not look at them.

Called by the API facades, for administrators only.
"""

import datetime
from typing import Any

import msgspec
from django.db.models import QuerySet

from logic import clock
from logic.errors import BadRequest, Conflict, Duplicate, NotFound
from logic.placement.models import Aggregate, Backend
from logic.transactions import atomically

LARGEST = 2**31 - 1  # of a number in the database


class AggregateInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``hosts`` are names of clusters."""

    id: int
    uuid: str
    name: str
    zone: str
    metadata: dict[str, str]
    hosts: list[str]
    created_at: datetime.datetime
    updated_at: datetime.datetime | None


def aggregates() -> list[AggregateInfo]:
    return [_info(row) for row in _rows()]


def aggregate(id: str) -> AggregateInfo:
    """Raises :class:`NotFound`."""
    return _info(_one(_rows(), id))


def _rows() -> QuerySet[Aggregate]:
    return Aggregate.objects.prefetch_related("backends")


def _one(rows: QuerySet[Aggregate], id: str) -> Aggregate:
    number = int(id) if id.isascii() and id.isdigit() and len(id) <= len(str(LARGEST)) else 0
    row = rows.filter(pk=number).first()
    if row is None:
        raise NotFound(kind="aggregate", id=id)
    return row


def _held(id: str) -> Aggregate:
    return _one(Aggregate.objects.select_for_update(), id)


def _info(row: Aggregate) -> AggregateInfo:
    values: dict[str, Any] = {name: getattr(row, name, None) for name in AggregateInfo.__struct_fields__}
    return AggregateInfo(**{**values, "hosts": sorted(one.name for one in row.backends.all())})


@atomically
def create_aggregate(name: str, zone: str = "") -> AggregateInfo:
    """Raises :class:`Duplicate`, :class:`BadRequest`."""
    _check(name, zone)
    return _info(Aggregate.objects.create(name=name, zone=zone))


def _check(name: str, zone: str, row: Aggregate | None = None) -> None:
    """A zone is one cluster, and a cluster is in no zone but its own."""
    same = Aggregate.objects.filter(name=name)
    if (same.exclude(pk=row.pk) if row else same).exists():
        raise Duplicate(kind="aggregate", id=name)
    if zone and not Backend.objects.filter(name=zone).exists():
        raise BadRequest(
            reason=f"There is no zone {zone}: each cluster is one, and no other can be made. Leave it out."
        )
    if zone and row and row.backends.exclude(name=zone).exists():
        raise Conflict(reason="A cluster is in no zone but its own. Take the others out of the aggregate first.")


@atomically
def change_aggregate(id: str, name: str | None = None, zone: str | None = None) -> AggregateInfo:
    """``zone`` empty: none any more. Raises :class:`NotFound`, :class:`Duplicate`, :class:`BadRequest`, :class:`Conflict`."""
    row = _held(id)
    name, zone = row.name if name is None else name, row.zone if zone is None else zone
    _check(name, zone, row)
    return _changed(row, name=name, zone=zone)


@atomically
def note_on_aggregate(id: str, items: dict[str, str | None]) -> AggregateInfo:
    """Added to its metadata; what is None is taken out. Raises :class:`NotFound`."""
    row = _held(id)
    merged = {**row.metadata, **items}
    return _changed(row, metadata={key: value for key, value in merged.items() if value is not None})


@atomically
def delete_aggregate(id: str) -> None:
    """Raises :class:`NotFound`, :class:`Conflict` for one that still has hosts."""
    row = _held(id)
    if row.backends.exists():
        raise Conflict(reason=f"Aggregate {id} is not empty. Remove its hosts first.")
    row.delete()


@atomically
def add_host(id: str, host: str) -> AggregateInfo:
    """Raises :class:`NotFound` for either, :class:`Conflict` for one that is in it."""
    row, backend = _held(id), _backend(host)
    if row.backends.filter(pk=backend.pk).exists():
        raise Conflict(reason=f"Host {host} is in aggregate {id} already.")
    if row.zone not in {"", host}:
        raise Conflict(reason=f"Host {host} is in no zone but its own, and the aggregate is of zone {row.zone}.")
    row.backends.add(backend)
    return _changed(row)


@atomically
def remove_host(id: str, host: str) -> AggregateInfo:
    """Raises :class:`NotFound` also for one that is not in it."""
    row, backend = _held(id), _backend(host)
    if not row.backends.filter(pk=backend.pk).exists():
        raise NotFound(kind="host of this aggregate", id=host)
    row.backends.remove(backend)
    return _changed(row)


def _backend(name: str) -> Backend:
    row = Backend.objects.filter(name=name).first()
    if row is None:
        raise NotFound(kind="host", id=name)
    return row


def _changed(row: Aggregate, **columns: Any) -> AggregateInfo:
    for column, value in {**columns, "updated_at": clock.now()}.items():
        setattr(row, column, value)
    row.save()
    return _info(row)
