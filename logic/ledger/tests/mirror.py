"""The store in memory on the tables of a database: filled before each call and written back after it, so that the contract's
tests, which set up and look through the ORM, are the same for it as for the other forms."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from django.db import connection, transaction

from logic.compute.models import Server, ServerNumber
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Inbox, Journal, Lease, Parked, Presence, Quarantine
from logic.ledger.resources import KINDS
from logic.ledger.store.memory import Memory
from logic.network.models import Address, Port
from logic.placement.models import Backend
from logic.quota.models import Delta
from logic.volume.models import Volume


class Mirror:
    """Every function of :class:`Memory`, each on the rows as they are."""

    def atomic(self) -> AbstractContextManager[Any]:
        return transaction.atomic()

    def in_atomic(self) -> bool:
        return connection.in_atomic_block

    def on_commit(self, call: Callable[[], None]) -> None:
        transaction.on_commit(call)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            memory = filled()
            answer = getattr(memory, name)(*args, **options)
            write_back(memory)
            return answer

        return call


def filled() -> Memory:
    """What the database has."""
    memory = Memory()
    memory.backends = {row.pk: row for row in Backend.objects.all()}
    for model, kind in ((Server, "server"), (Port, "port"), (Volume, "volume")):
        for row in model.objects.all():
            memory.add(KINDS[kind], [row])
    memory.record(list(Command.objects.select_related("backend")))
    memory.inbox = dict(Inbox.objects.values_list("key", "at"))
    names = NewLine.__struct_fields__
    rows = Journal.objects.order_by("id").values(*names)
    memory.journal = [NewLine(**row) for row in rows]
    memory.parked, memory.quarantined = list(Parked.objects.all()), list(Quarantine.objects.order_by("id"))
    memory.addresses_used, memory.deltas = list(Address.objects.all()), list(Delta.objects.all())
    memory.presences = dict(Presence.objects.values_list("holder", "until"))
    memory.leases = {row.name: row for row in Lease.objects.all()}
    memory.number = ServerNumber.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return memory


def write_back(memory: Memory) -> None:
    """What it has now."""
    for table in (*memory.resources.values(), memory.commands, memory.leases):
        for row in table.values():
            row.save()
    Presence.objects.exclude(pk__in=memory.presences).delete()
    for holder, until in memory.presences.items():
        Presence(holder=holder, until=until).save()
    for key in set(memory.inbox) - set(Inbox.objects.values_list("key", flat=True)):
        Inbox.objects.create(key=key, at=memory.inbox[key])
    for line in memory.journal[Journal.objects.count() :]:
        Journal.objects.create(**msgspec.structs.asdict(line))
    for model, rows in ((Parked, memory.parked), (Address, memory.addresses_used)):
        model.objects.exclude(pk__in=[row.pk for row in rows if row.pk]).delete()
    for row in (*memory.parked, *memory.quarantined, *memory.deltas):
        row.save()
    if memory.number > (ServerNumber.objects.order_by("-id").values_list("id", flat=True).first() or 0):
        ServerNumber.objects.create(id=memory.number)
