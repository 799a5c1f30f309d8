"""What RAPI answers to GET: nothing here changes the cluster. ``routes`` says which path each answers."""

from typing import Any

from ganeti.simulator import views
from ganeti.simulator.calls import Call
from ganeti.simulator.errors import HttpError, OpError
from ganeti.simulator.jobs import BULK_FIELDS, FIELDS, view
from ganeti.simulator.model import Instance, Network
from ganeti.simulator.world import GROUP

_BAD_REQUEST, _NOT_FOUND, _UNAVAILABLE = 400, 404, 503


def nothing(_: Call) -> None:
    """Supported for legacy reasons."""


def version(_: Call) -> int:
    return 2


def features(call: Call) -> list[str]:
    return list(call.world.settings.features)


def info(call: Call) -> Any:
    return views.info(call.world)


def oses(call: Call) -> list[str]:
    return list(call.world.settings.oses)


def instances(call: Call) -> Any:
    world = call.world
    if call.flag("bulk"):
        return [views.instance(world, one) for _, one in sorted(world.instances.items())]
    return views.listed(list(world.instances), "/2/instances", "id")


def instance(call: Call) -> Any:
    return views.instance(call.world, _found(call))


def console(call: Call) -> Any:
    one = _found(call)
    if not one.running:
        raise HttpError(_UNAVAILABLE, "Instance console unavailable")
    return views.console(one)


def instance_tags(call: Call) -> list[str]:
    return _found(call).tags


def cluster_tags(call: Call) -> list[str]:
    return call.world.identity.tags


def jobs(call: Call) -> Any:
    if call.flag("bulk"):
        return [view(job, job.id, BULK_FIELDS) for job in call.scheduler.jobs.values()]
    return views.listed(list(call.scheduler.jobs), "/2/jobs", "id")


def job(call: Call) -> Any:
    return view(call.scheduler.find(call.number), call.number, FIELDS)


def wait(call: Call) -> Any:
    """Answers at once; the server holds the request while nothing has changed (``changed``)."""
    body = call.body()
    fields = body.get("fields")
    if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
        raise HttpError(_BAD_REQUEST, "The 'fields' parameter should be a list")
    found = call.scheduler.find(call.number)
    if found is None:
        raise HttpError(_NOT_FOUND)
    known = body.get("previous_log_serial") or 0
    entries = [entry for op in found.ops for entry in op.log if entry[0] > known]
    return {"job_info": list(view(found, call.number, tuple(fields)).values()), "log_entries": entries}


def nodes(call: Call) -> Any:
    nodes = call.world.settings.nodes
    if call.flag("bulk"):
        return [views.node(call.world, one) for one in nodes]
    return views.listed([one.name for one in nodes], "/2/nodes", "id")


def node(call: Call) -> Any:
    try:
        return views.node(call.world, call.world.node(call.arg))
    except OpError as error:
        raise HttpError(_NOT_FOUND) from error


def groups(call: Call) -> Any:
    return [views.group(call.world)] if call.flag("bulk") else views.listed([GROUP], "/2/groups", "name")


def group(call: Call) -> Any:
    if call.arg != GROUP:
        raise HttpError(_NOT_FOUND)
    return views.group(call.world)


def networks(call: Call) -> Any:
    world = call.world
    if call.flag("bulk"):
        return [views.network(world, one) for _, one in sorted(world.networks.items())]
    return views.listed(list(world.networks), "/2/networks", "name")


def network(call: Call) -> Any:
    found: Network | None = call.world.networks.get(call.arg)
    if found is None:
        raise HttpError(_NOT_FOUND)
    return views.network(call.world, found)


def _found(call: Call) -> Instance:
    if call.arg not in call.world.instances:
        raise HttpError(_NOT_FOUND)
    return call.world.instances[call.arg]
