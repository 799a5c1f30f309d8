"""Types of groups of volumes, and their specs, which tenants do not see."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from logic.errors import BadRequest, NotFound
from logic.volume.commands import group_types as commands
from logic.volume.commands.group_types import NewGroupType
from logic.volume.queries import groups as queries
from logic.volume.queries.groups import GroupTypeInfo
from synnefo.api.kernel.answers import lives
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Flag, Items, Key, KindChange, Name, Text, flag, kind_changes

Json = dict[str, Any]


class GroupType(TypedDict):
    id: str
    name: str
    description: str | None
    is_public: bool
    group_specs: NotRequired[Annotated[dict[str, str], lives(when="for administrators")]]


@describes(gives={"group_types": list[GroupType]}, query=lists.GROUP_TYPES.query)
def list_group_types(call: Call) -> Answer:
    """Those that are public, unless it is said otherwise: as Cinder."""
    wanted = lists.asked(call, lists.GROUP_TYPES)
    if "is_public" not in call.query:
        wanted.columns["public"] = [True]
    found = queries.group_types(call.caller, wanted)
    return Answer(200, {"group_types": [shown(one, call) for one in found.items]})


@describes(gives={"group_type": GroupType})
def show_group_type(call: Call, id: str) -> Answer:
    """There is no default one."""
    return Answer(200, {"group_type": shown(queries.group_type(call.caller, id), call)})


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    description: Text | None = None
    is_public: Flag = None
    group_specs: Items | None = None


class Body(msgspec.Struct, frozen=True):
    group_type: Wanted


@describes(takes=Body, status=202, gives={"group_type": GroupType})
def create_group_type(call: Call) -> Answer:
    wanted = call.decode(Body).group_type
    public = flag(wanted.is_public, "is_public", default=True)
    about = NewGroupType(
        name=wanted.name, description=wanted.description, public=public, specs=wanted.group_specs or {}
    )
    id = commands.create_group_type(call.caller, about)
    return Answer(202, {"group_type": shown(queries.group_type(call.caller, id), call)})


class ChangeBody(msgspec.Struct, frozen=True):
    group_type: KindChange


@describes(takes=ChangeBody, gives={"group_type": GroupType})
def change_group_type(call: Call, id: str) -> Answer:
    changes = kind_changes(call.decode(ChangeBody).group_type, "group type")
    commands.change_group_type(call.caller, id, changes)
    return Answer(200, {"group_type": shown(queries.group_type(call.caller, id), call)})


@describes(status=202)
def delete_group_type(call: Call, id: str) -> Answer:
    commands.delete_group_type(call.caller, id)
    return Answer(202)


class Specs(msgspec.Struct, frozen=True):
    group_specs: Items


@describes(gives={"group_specs": dict[str, str]})
def list_specs(call: Call, id: str) -> Answer:
    return Answer(200, {"group_specs": queries.group_type(call.caller, id).specs})


@describes(takes=Specs, status=202, gives={"group_specs": dict[str, str]})
def set_specs(call: Call, id: str) -> Answer:
    specs = call.decode(Specs).group_specs
    commands.set_specs(call.caller, id, specs)
    return Answer(202, {"group_specs": specs})


@describes(answers={200: dict[str, str]})
def show_spec(call: Call, id: str, key: str) -> Answer:
    specs = queries.group_type(call.caller, id).specs
    if key not in specs:
        raise NotFound(kind="group spec", id=key)
    return Answer(200, {key: specs[key]})


@describes(takes=dict[Key, Text], answers={200: dict[str, str]})
def set_spec(call: Call, id: str, key: str) -> Answer:
    specs = call.decode(dict[Key, Text])
    if list(specs) != [key]:
        raise BadRequest(reason="Request body and URI mismatch: the body has the spec of the address, and no other.")
    commands.set_specs(call.caller, id, specs)
    return Answer(200, specs)


@describes(status=202)
def delete_spec(call: Call, id: str, key: str) -> Answer:
    commands.delete_spec(call.caller, id, key)
    return Answer(202)


def shown(one: GroupTypeInfo, call: Call) -> GroupType:
    body: GroupType = {"id": one.id, "name": one.name, "description": one.description, "is_public": one.public}
    if call.caller.is_admin:
        body["group_specs"] = one.specs
    return body
