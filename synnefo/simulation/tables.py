"""What the ledger has written, as the invariants ask for it: from a database, or from the store in memory."""

from collections.abc import Collection, Iterable
from typing import Protocol

from logic.compute.models import Server
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Inbox, Journal, Lease, Parked, Quarantine
from logic.ledger.store.memory import Memory
from logic.network.models import Address, BackendNetwork, Port
from logic.quota import queries as quota
from logic.quota.models import Delta
from logic.volume.models import Snapshot, Volume

_COLUMNS = NewLine.__struct_fields__


class Tables(Protocol):
    """Rows as they are now."""

    def servers(self) -> Collection[Server]: ...
    def ports(self) -> Collection[Port]: ...
    def networks(self) -> Collection[BackendNetwork]: ...
    def volumes(self) -> Collection[Volume]: ...
    def snapshots(self) -> Collection[Snapshot]: ...
    def commands(self) -> Iterable[Command]: ...
    def unsettled(self) -> Iterable[Command]: ...
    def is_command(self, id: str) -> bool: ...
    def lines(self) -> Iterable[NewLine]:
        """The journal, in its order."""

    def inbox(self) -> Collection[str]: ...
    def parked(self) -> Iterable[Parked]: ...
    def quarantined(self) -> Iterable[Quarantine]: ...
    def leases(self) -> Iterable[Lease]: ...
    def addressed(self) -> Collection[str]:
        """Ports with an address."""

    def usage(self) -> dict[str, dict[str, int]]:
        """What is counted, by project and resource."""


class Database:
    """The default one."""

    def servers(self) -> Collection[Server]:
        return list(Server.objects.order_by("pk"))

    def ports(self) -> Collection[Port]:
        return list(Port.objects.order_by("pk"))

    def networks(self) -> Collection[BackendNetwork]:
        return list(BackendNetwork.objects.order_by("pk"))

    def volumes(self) -> Collection[Volume]:
        return list(Volume.objects.order_by("pk"))

    def snapshots(self) -> Collection[Snapshot]:
        return list(Snapshot.objects.order_by("pk"))

    def commands(self) -> Iterable[Command]:
        return Command.objects.defer("payload").order_by("pk").iterator()

    def unsettled(self) -> Iterable[Command]:
        return Command.objects.exclude(status="settled").order_by("pk")

    def is_command(self, id: str) -> bool:
        return Command.objects.filter(pk=id).exists()

    def lines(self) -> Iterable[NewLine]:
        rows = Journal.objects.order_by("id").values_list(*_COLUMNS)
        return (NewLine(**dict(zip(_COLUMNS, row, strict=True))) for row in rows.iterator())

    def inbox(self) -> Collection[str]:
        return set(Inbox.objects.values_list("key", flat=True))

    def parked(self) -> Iterable[Parked]:
        return Parked.objects.all()

    def quarantined(self) -> Iterable[Quarantine]:
        return Quarantine.objects.order_by("id")

    def leases(self) -> Iterable[Lease]:
        return Lease.objects.all()

    def addressed(self) -> Collection[str]:
        return set(Address.objects.exclude(port=None).values_list("port", flat=True))

    def usage(self) -> dict[str, dict[str, int]]:
        return {one: quota.usage(one) for one in set(Delta.objects.values_list("project", flat=True))}


class InMemory:
    """A store in memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def servers(self) -> Collection[Server]:
        return list(self._memory.resources["server"].values())

    def ports(self) -> Collection[Port]:
        return list(self._memory.resources["port"].values())

    def networks(self) -> Collection[BackendNetwork]:
        return list(self._memory.resources["network"].values())

    def volumes(self) -> Collection[Volume]:
        return list(self._memory.resources["volume"].values())

    def snapshots(self) -> Collection[Snapshot]:
        return []

    def commands(self) -> Iterable[Command]:
        return self._memory.commands.values()

    def unsettled(self) -> Iterable[Command]:
        return [row for row in self._memory.commands.values() if row.status != "settled"]

    def is_command(self, id: str) -> bool:
        return id in self._memory.commands

    def lines(self) -> Iterable[NewLine]:
        return self._memory.journal

    def inbox(self) -> Collection[str]:
        return self._memory.inbox

    def parked(self) -> Iterable[Parked]:
        return self._memory.parked

    def quarantined(self) -> Iterable[Quarantine]:
        return self._memory.quarantined

    def leases(self) -> Iterable[Lease]:
        return self._memory.leases.values()

    def addressed(self) -> Collection[str]:
        return {one.port_id for one in self._memory.addresses_used if one.port_id}

    def usage(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for one in self._memory.deltas:
            sums = found.setdefault(one.project, {})
            sums[one.resource] = sums.get(one.resource, 0) + one.amount
        return found
