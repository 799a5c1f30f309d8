"""Which servers to ask about: those whose look is due, or all of a backend's. Reads only; the answers go to the ledger."""

from collections import defaultdict
from collections.abc import Iterable

from logic import clock
from logic.backends.base import Target
from logic.compute.models import Server
from logic.ledger.models import Command
from logic.network.models import Port

DUE_LIMIT = 500


def due() -> dict[str, list[Target]]:
    """Targets by backend name: servers (and servers of ports) whose time to be looked at has come."""
    now = clock.now()
    ports = Port.objects.filter(look_at__lte=now, backend__offline=False).exclude(device="")
    homes = set(ports.values_list("device", flat=True)[:DUE_LIMIT])
    rows = Server.objects.filter(look_at__lte=now, backend__offline=False).exclude(observed="gone", command="")
    late = set(rows.order_by("look_at").values_list("pk", flat=True)[:DUE_LIMIT])
    return targets(Server.objects.filter(pk__in=homes | late).select_related("backend"))


def of_backend(name: str) -> list[Target]:
    """Every living server of a backend."""
    rows = Server.objects.filter(backend__name=name).exclude(observed="gone").select_related("backend")
    return targets(rows).get(name, [])


def targets(rows: Iterable[Server]) -> dict[str, list[Target]]:
    """Targets by backend name, each with the version of its row as it is now, before anybody is asked."""
    found = list(rows)
    jobs = _jobs([row.pk for row in found])
    grouped: dict[str, list[Target]] = defaultdict(list)
    for row in found:
        target = Target(server=row.pk, instance=row.instance, version=row.version, jobs=jobs.get(row.pk, {}))
        grouped[row.backend.name].append(target)
    return grouped


def _jobs(servers: list[str]) -> dict[str, dict[int, str]]:
    """Jobs of unsettled commands of the servers and of their ports: server → job → command."""
    ports = dict(Port.objects.filter(device__in=servers, verb__gt="").values_list("pk", "device"))
    rows = Command.objects.filter(resource__in=[*servers, *ports], job__gt=0).exclude(status="settled")
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for resource, job, command in rows.values_list("resource", "job", "id"):
        found[ports.get(resource, resource)][job] = command
    return found
