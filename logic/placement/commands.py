"""Adding, changing and refreshing clusters. Called by operator commands and by reconcile."""

import re
from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models import Sum

from logic import clock, secretkeys
from logic.backends.base import Facts
from logic.errors import BadRequest, Conflict, Duplicate, NotFound
from logic.ledger import incarnations
from logic.ledger.store import store
from logic.placement.models import Backend, Pin, Restored
from logic.transactions import atomically

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@atomically
def add_backend(  # noqa: PLR0913 - what an operator says of a cluster
    *,
    name: str,
    endpoint: str,
    username: str,
    password: str,
    ca_file: str = "",
    kind: str = "ganeti",
    disk_template: str = "",
    hypervisor: str = "",
    nic_link: str = "",
) -> Backend:
    """Record a cluster. Its name is a word of routing keys: lower-case letters, digits, dashes."""
    if not NAME.fullmatch(name):
        raise BadRequest(reason=f"{name!r} is not a backend name: use lower-case letters, digits and dashes.")
    if not endpoint.startswith(("https://", "simulator:")):
        raise BadRequest(reason=f"{endpoint!r} is not a RAPI address: use https://HOST:5080.")
    if Backend.objects.filter(name=name).exists():
        raise Duplicate(kind="backend", id=name)
    try:
        return Backend.objects.create(
            name=name,
            kind=kind,
            endpoint=endpoint,
            username=username,
            secret=secretkeys.current().encrypt(password) if password else "",
            ca_file=ca_file,
            disk_template=disk_template,
            hypervisor=hypervisor,
            nic_link=nic_link,
        )
    except IntegrityError as error:
        raise Duplicate(kind="backend", id=name) from error


@atomically
def modify_backend(name: str, **changes: object) -> None:
    """Change what an operator may change: drained, offline, endpoint, username, password, ca_file, disk_template…"""
    row = _held(name)
    password = changes.pop("password", None)
    if isinstance(password, str):
        changes["secret"] = secretkeys.current().encrypt(password)
    for column, value in changes.items():
        setattr(row, column, value)
    row.save(update_fields=list(changes))


@atomically
def remove_backend(name: str) -> None:
    """Forget a cluster that holds no servers of ours. Raises :class:`Conflict` otherwise."""
    from logic.compute.models import Server  # noqa: PLC0415 - placement stands beside compute, not on it

    row = _held(name)
    if Server.objects.filter(backend=row).exclude(observed="gone").exists():
        raise Conflict(reason=f"Backend {name} still holds servers. Delete them first (see `manage.py server-list`).")
    if Server.objects.filter(backend=row).exists():
        raise Conflict(reason=f"Backend {name} is in the history of deleted servers; set it offline instead.")
    row.delete()


@atomically
def refresh(name: str, facts: Facts, *, accept: bool = False) -> Backend | None:
    """Write what a cluster says of itself; its row. None when it is another incarnation than the one we know: then nothing is
    written, and nothing it says of our servers may be believed, until an operator accepts it."""
    row = _held(name)
    if row.incarnation and row.incarnation != facts.incarnation and not accept:
        return None
    before = row.incarnation or facts.incarnation
    row.incarnation, row.software = facts.incarnation, facts.version
    row.features, row.unfit = " ".join(facts.features)[:1024], facts.unfit[:512]
    row.memory_total, row.memory_free = facts.memory_total, facts.memory_free
    row.disk_total, row.disk_free, row.cores = facts.disk_total, facts.disk_free, facts.cores
    row.nodes, row.vcpu_ratio, row.vcpus_used = facts.nodes, facts.vcpu_ratio, _vcpus_on(row)
    row.memory_largest, row.disk_largest = facts.memory_largest, facts.disk_largest
    row.disk_templates = " ".join(facts.disk_templates)[:255]
    row.last_job = max(row.last_job, facts.last_job) if not accept else facts.last_job
    anew = before != row.incarnation
    row.refreshed_at = clock.now()
    row.save()
    if anew:
        incarnations.accept(row)
    store().raise_number(facts.highest_number)
    return row


def _vcpus_on(row: Backend) -> int:
    from logic.compute.models import Server  # noqa: PLC0415 - placement stands beside compute, not on it

    living = Server.objects.filter(backend=row).exclude(observed="gone")
    return int(living.aggregate(total=Sum("vcpus"))["total"] or 0)


@atomically
def pin(name: str, projects: Sequence[str]) -> None:
    """The cluster takes new servers of these projects (by id), and from now on of no others but those it is pinned to."""
    row = _held(name)
    Pin.objects.bulk_create([Pin(backend=row, project=one) for one in projects], ignore_conflicts=True)
    _pinned(row)


@atomically
def unpin(name: str, projects: Sequence[str]) -> None:
    """The reverse. Without any project left it takes everybody's who has no cluster of his own."""
    row = _held(name)
    Pin.objects.filter(backend=row, project__in=projects).delete()
    _pinned(row)


def _pinned(row: Backend) -> None:
    Backend.objects.filter(pk=row.pk).update(pinned=Pin.objects.filter(backend=row).exists())


def trust(name: str) -> None:
    """After a restore: the cluster has been looked at as a whole, and what it said is applied."""
    Backend.objects.filter(name=name, restored=Restored.TO_LOOK_AT).update(restored="")


def _held(name: str) -> Backend:
    row = Backend.objects.select_for_update().filter(name=name).first()
    if row is None:
        raise NotFound(kind="backend", id=name)
    return row
