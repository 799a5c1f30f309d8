"""Neutron's tags: words on networks, subnets, ports and the rest, below each one's address."""

from msgspec import Struct

from logic.errors import Forbidden, NotFound
from logic.network import tagging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network.resources import Resource


class _Tags(Struct, forbid_unknown_fields=True, frozen=True):
    tags: list[str]


@describes(gives={"tags": list[str]})
def index(call: Call, id: str, *, resource: Resource) -> Answer:
    resource.row(call.caller, id)
    return Answer(200, {"tags": tagging.tags([id]).get(id, [])})


@describes(takes=_Tags, gives={"tags": list[str]})
def replace(call: Call, id: str, *, resource: Resource) -> Answer:
    _check(call, id, resource)
    tagging.put(call.caller, id, call.decode(_Tags).tags, only=True)
    return index(call, id, resource=resource)


@describes(takes=_Tags, gives={"tags": list[str]}, status=201)
def extend(call: Call, id: str, *, resource: Resource) -> Answer:
    _check(call, id, resource)
    tagging.put(call.caller, id, call.decode(_Tags).tags)
    return Answer(201, index(call, id, resource=resource).body)


@describes(status=204)
def clear(call: Call, id: str, *, resource: Resource) -> Answer:
    _check(call, id, resource)
    tagging.take(call.caller, id)
    return Answer(204)


@describes(status=204)
def show(call: Call, id: str, tag: str, *, resource: Resource) -> Answer:
    resource.row(call.caller, id)
    if tag not in tagging.tags([id]).get(id, []):
        raise NotFound(kind="tag", id=tag)
    return Answer(204)


@describes(status=201)
def add(call: Call, id: str, tag: str, *, resource: Resource) -> Answer:
    _check(call, id, resource)
    tagging.put(call.caller, id, [tag])
    return Answer(201)


@describes(status=204)
def remove(call: Call, id: str, tag: str, *, resource: Resource) -> Answer:
    _check(call, id, resource)
    tagging.take(call.caller, id, tag)
    return Answer(204)


def _check(call: Call, id: str, resource: Resource) -> None:
    """What others share is theirs to tag."""
    if resource.row(call.caller, id).project != call.caller.project and not call.caller.is_admin:
        raise Forbidden(action="tagging what is another project's", needs="admin")
