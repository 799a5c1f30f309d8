"""QoS specs, and the types that go by them."""

from typing import Any, TypedDict

import msgspec

from logic.errors import BadRequest
from logic.volume.commands import qos as commands
from logic.volume.queries import qos as queries
from logic.volume.queries.qos import QosInfo
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.volume.render.volumes import links
from synnefo.api.volume.requests.parts import Key, Text

Json = dict[str, Any]
TYPE = "volume_type"


class Qos(TypedDict):
    id: str
    name: str
    consumer: str
    specs: dict[str, str]


class QosAssociation(TypedDict):
    association_type: str
    id: str
    name: str


class Body(msgspec.Struct, frozen=True):
    qos_specs: dict[Key, Text | int | None]


def _specs(call: Call) -> dict[str, str]:
    """Raises :class:`BadRequest`."""
    return {name: str(value) for name, value in call.decode(Body).qos_specs.items() if value is not None}


@describes(gives={"qos_specs": list[Qos]})
def list_qos(call: Call) -> Answer:
    return Answer(200, {"qos_specs": [shown(one) for one in queries.all_qos(call.caller)]})


@describes(takes=Body, gives={"qos_specs": Qos, "links": Links})
def create_qos(call: Call) -> Answer:
    specs = _specs(call)
    name, consumer = specs.pop("name", "").strip(), specs.pop("consumer", "back-end")
    if not name:
        raise BadRequest(reason="The field qos_specs.name is required. Add it and send the request again.")
    return _shown(call, commands.create_qos(call.caller, name, consumer, specs))


@describes(gives={"qos_specs": Qos, "links": Links})
def show_qos(call: Call, id: str) -> Answer:
    return _shown(call, id)


def _shown(call: Call, id: str) -> Answer:
    return Answer(200, {"qos_specs": shown(queries.qos(call.caller, id)), "links": links("qos-specs", id, call)})


@describes(takes=Body, gives={"qos_specs": dict[str, str]})
def set_keys(call: Call, id: str) -> Answer:
    queries.qos(call.caller, id)
    specs = _specs(call)
    given = dict(specs)
    if not specs:
        raise BadRequest(reason="At least one key is needed.")
    commands.set_keys(call.caller, id, specs, specs.pop("consumer", ""))
    return Answer(200, {"qos_specs": given})


class Keys(msgspec.Struct, frozen=True):
    keys: list[Key]


@describes(takes=Keys, status=202)
def delete_keys(call: Call, id: str) -> Answer:
    commands.delete_keys(call.caller, id, call.decode(Keys).keys)
    return Answer(202)


@describes(status=202, query=["force"])
def delete_qos(call: Call, id: str) -> Answer:
    commands.delete_qos(call.caller, id, force=bool(call.query.flag("force")))
    return Answer(202)


@describes(gives={"qos_associations": list[QosAssociation]})
def list_associations(call: Call, id: str) -> Answer:
    found = queries.associations(call.caller, id)
    items = [{"association_type": TYPE, "id": type, "name": name} for type, name in found]
    return Answer(200, {"qos_associations": items})


@describes(status=202, query=["vol_type_id"])
def associate(call: Call, id: str) -> Answer:
    commands.associate(call.caller, id, _type(call))
    return Answer(202)


@describes(status=202, query=["vol_type_id"])
def disassociate(call: Call, id: str) -> Answer:
    commands.disassociate(call.caller, id, _type(call))
    return Answer(202)


@describes(status=202)
def disassociate_all(call: Call, id: str) -> Answer:
    commands.disassociate(call.caller, id)
    return Answer(202)


def _type(call: Call) -> str:
    if not (found := call.query.one("vol_type_id")):
        raise BadRequest(reason="Volume Type id must not be None: name it as vol_type_id.")
    return found


def shown(one: QosInfo) -> Json:
    return {"id": one.id, "name": one.name, "consumer": one.consumer, "specs": one.specs}
