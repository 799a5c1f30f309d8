"""Which node carries a router: chosen when a node asks, for as long as it goes on asking. Called by the API that nodes ask.

Each question renews what its node has, for ``LEASE`` seconds by the database's clock, and takes what nobody has: no other node is
told of a router before that is over. A node itself stops after the shorter ``TOLD``, counted from before it asked, so that two
never answer for one address, whatever becomes of a question, an answer, or the node.

A router is carried where the servers of its networks are: the link of a network is one on each cluster by itself, unless
``ROUTERS_ANYWHERE`` says that the operator has joined them.

The lease is a router's, not an address's. One that moves to another router (a floating address that is associated anew, a
gateway's that is taken again) is told to its new carrier at its next question, and taken from the old one at that one's: for as
long as the questions are apart, two seconds, both answer for it; eight, if the old one's node has fallen silent meanwhile. That
is said in ``docs/operations/routers.md`` and left so: to hold each moved address back until the old lease is over would be ten
seconds without it at every move, to spare a doubled answer that the new carrier's announcement overrules.
"""

import datetime
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db.models import F, Q

from logic.errors import Conflict
from logic.ledger.store import store
from logic.network.models import Port, Router, RouterNode
from logic.network.routing import described, ports, switch
from logic.network.states import Observed
from logic.placement.models import Backend
from logic.transactions import atomically

LEASE: Final = datetime.timedelta(seconds=10)
TOLD: Final = 8.0  # seconds
FORGOTTEN: Final = datetime.timedelta(days=1)  # a node that has asked nothing for so long is none any more


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A node that asks, and the links that it reaches. ``boot`` is another of each machine, and after each start."""

    backend: int
    node: str
    boot: str
    links: Collection[str]


@atomically
def carried(carrier: Carrier) -> dict[str, str]:
    """By its id every router that the node carries from now on, each with what it is. Raises :class:`Conflict` for a second
    machine of one name, and for one that has started anew until its last lease is over."""
    if not switch.on() or switch.simulated():
        return {}
    now = store().now()
    node = _seen(carrier, now)
    rows = [*_renewed(node, now), *_taken(node, now)]
    return described.texts(node.backend, rows)


def _seen(carrier: Carrier, now: datetime.datetime) -> RouterNode:
    RouterNode.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    backend = Backend.objects.get(pk=carrier.backend)
    known: dict[str, Any] = {"links": " ".join(sorted(set(carrier.links))), "seen_at": now, "boot": carrier.boot}
    row, new = RouterNode.objects.select_for_update().get_or_create(backend=backend, name=carrier.node, defaults=known)
    if not new:
        _check_one(row, carrier, now)
        RouterNode.objects.filter(pk=row.pk).update(**known)
        row.links = known["links"]
    return row


def _check_one(row: RouterNode, carrier: Carrier, now: datetime.datetime) -> None:
    if row.boot != carrier.boot and row.seen_at > now - LEASE:
        reason = f"Another machine called {row.name} has just asked, or this one before it started anew."
        raise Conflict(reason=f"{reason} Each needs a name of its own; ask again in {LEASE.seconds} seconds.")


def _renewed(node: RouterNode, now: datetime.datetime) -> list[Router]:
    """What it has and keeps. What belongs elsewhere by now is not named any more, and free when its time is over."""
    rows = list(Router.objects.select_for_update().filter(node=node).order_by("pk"))
    where, links = _where(rows), _links(node.backend, rows)
    kept = [row for row in rows if _stays(node, where[row.pk]) and links[row.pk] <= set(node.links.split())]
    if kept:
        Router.objects.filter(pk__in=[row.pk for row in kept]).update(until=now + LEASE)
    return kept


def _taken(node: RouterNode, now: datetime.datetime) -> list[Router]:
    """What nobody has and is this node's to take: its share of those, so that a lost node's are soon with others."""
    if node.backend.restored:
        return []  # whoever had one may have been told so after the backup
    free = Q(until=None) | Q(until__lt=now)
    waiting = list(Router.objects.filter(free).exclude(node=node).order_by("pk").values_list("pk", flat=True))
    rows = list(Router.objects.select_for_update().filter(free, pk__in=waiting).order_by("pk")) if waiting else []
    where, links, loads = _where(rows), _links(node.backend, rows), _loads(node, now) if rows else {}
    taken = []
    for place, row in enumerate(rows):
        able = {pk: load for pk, (load, reached) in loads.items() if links[row.pk] <= reached}
        if not _goes(node, where[row.pk]) or able.get(node.pk, math.inf) >= _share(able, len(rows) - place):
            continue
        loads[node.pk] = (loads[node.pk][0] + 1, loads[node.pk][1])
        row.node, row.epoch = node, row.epoch + 1
        taken.append(row)
    if taken:
        chosen = Router.objects.filter(pk__in=[row.pk for row in taken])
        chosen.update(node=node, epoch=F("epoch") + 1, until=now + LEASE)
    return taken


def _share(able: Mapping[int, int], waiting: int) -> int:
    """How many each of these has when those that wait are shared out."""
    return math.ceil((sum(able.values()) + waiting) / len(able)) if able else 0


def _loads(node: RouterNode, now: datetime.datetime) -> dict[int, tuple[int, set[str]]]:
    """Of the nodes of its cluster that are there: how many routers each has, and what it reaches."""
    there = list(RouterNode.objects.filter(backend=node.backend, seen_at__gte=now - LEASE))
    held = Counter(Router.objects.filter(node__in=there, until__gte=now).values_list("node", flat=True))
    return {one.pk: (held[one.pk], set(one.links.split())) for one in there}


def _where(rows: Sequence[Router]) -> dict[str, Counter[int]]:
    """By router how many servers' interfaces there are on its inner networks, by cluster."""
    inner = ports.of([row.pk for row in rows]).filter(device_owner=ports.INTERFACE) if rows else Port.objects.none()
    networks = list(inner.values_list("device", "network"))
    plugged = Port.objects.filter(network__in={network for _, network in networks}, device_owner="")
    servers = (
        plugged.exclude(device="").exclude(observed=Observed.GONE).exclude(backend=None) if networks else plugged.none()
    )
    found: dict[str, Counter[int]] = {row.pk: Counter() for row in rows}
    by_network: dict[str, Counter[int]] = {}
    for network, backend in servers.values_list("network", "backend"):
        by_network.setdefault(network, Counter())[backend] += 1
    for router, network in networks:
        found[router] += by_network.get(network, Counter())
    return found


def _stays(node: RouterNode, where: Mapping[int, int]) -> bool:
    return bool(settings.ROUTERS_ANYWHERE or not where or node.backend_id in where)


def _goes(node: RouterNode, where: Mapping[int, int]) -> bool:
    """To the cluster with most; of equal ones to any."""
    return bool(settings.ROUTERS_ANYWHERE or not where or where.get(node.backend_id, 0) == max(where.values()))


def _links(backend: Backend, rows: Sequence[Router]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {row.pk: set() for row in rows}
    for port in ports.of(list(found)).select_related("network") if rows else ():
        found[port.device].add(described.link(port.network, backend))
    return found
