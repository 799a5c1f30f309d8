"""What both forms for real databases ask in the same words: messages set aside, commands recorded, what an end entails.

``postgres`` and ``portable`` take their functions from here; nobody else calls them.
"""

import datetime
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction

from logic import kept
from logic.compute.models import Server
from logic.ledger import waiting
from logic.ledger.models import Command, Parked
from logic.network.models import Address, Port
from logic.quota.models import Delta


def atomic() -> AbstractContextManager[Any]:
    return transaction.atomic()


def homes_of(ports: Collection[str]) -> list[str]:
    return list(Port.objects.filter(pk__in=ports).exclude(device="").values_list("device", flat=True))


def record(rows: Sequence[Command]) -> None:
    kept.add(rows)


def park(rows: Sequence[Parked]) -> None:
    Parked.objects.bulk_create(rows)


def take_parked(now: datetime.datetime, limit: int) -> list[Parked]:
    rows = list(Parked.objects.filter(waiting.due(now)).select_for_update().order_by("due_at")[:limit])
    if rows:
        Parked.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return rows


def launch(servers: Sequence[str], at: datetime.datetime) -> None:
    Server.objects.filter(pk__in=servers).update(launched_at=at)


def end(servers: Sequence[str], ports: Sequence[str], at: datetime.datetime) -> None:
    Server.objects.filter(pk__in=servers).update(terminated_at=at)
    Address.objects.filter(port__in=ports).delete()
    Port.objects.filter(device__in=servers, owned=False).update(device="")


def release(holders: Sequence[str]) -> None:
    held = Delta.objects.filter(holder__in=holders, released=False)
    back = [
        Delta(project=one.project, resource=one.resource, amount=-one.amount, holder=one.holder, released=True)
        for one in held
    ]
    Delta.objects.bulk_create(back, ignore_conflicts=True)
