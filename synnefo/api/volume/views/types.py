"""Types of volumes: listed, made, described, who may use them, their extra specs, and projects' defaults."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
from msgspec import field

from logic.errors import BadRequest, NotFound, NotSupported
from logic.volume.commands import types as commands
from logic.volume.commands.types import NewType
from logic.volume.queries import types as queries
from logic.volume.queries.types import TypeInfo
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import Nothing
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, SORT, Whole, describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.reading import clipped
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Flag, Items, Key, KindChange, Name, Text, flag, kind_changes
from synnefo.api.volume.requests.volumes import action
from synnefo.api.volume.versions import Since, since

Json = dict[str, Any]
SORTABLE = {"id": "id", "name": "name", "created_at": "", "is_public": "public"}
NO_ENCRYPTION = "Nothing of this cloud encrypts volumes, so that no type can promise it."


class VolumeTypeChanged(TypedDict):
    id: str
    name: str
    description: str | None
    is_public: bool
    extra_specs: dict[str, str]


_Public = TypedDict("_Public", {"os-volume-type-access:is_public": bool})


class VolumeTypeCreated(VolumeTypeChanged, _Public):
    pass


class VolumeType(VolumeTypeCreated):
    """Tenants see those extra specs that say what a volume can be used for."""

    qos_specs_id: NotRequired[Annotated[str | None, since(0, when="for administrators")]]


class TypeOfProject(TypedDict):
    volume_type_id: str
    project_id: str


@describes(
    gives={"volume_types": list[VolumeType]},
    query={**PAGE, **SORT, "offset": Whole, "is_public": str, "extra_specs": str},
)
def list_types(call: Call) -> Answer:
    """They are few, so that pages are taken of all of them."""
    word = call.query.one("is_public").lower()
    public = True if not word else call.query.flag("is_public")
    found = queries.types(call.caller, public=public)
    if call.at_least(Since.TYPE_FILTERS) and (specs := call.query.one("extra_specs")):
        wanted = lists.document("extra_specs", specs)["documents"]["extra_specs"]
        found = [one for one in found if wanted.items() <= one.extra_specs.items()]
    for column, way in reversed(paging.sorting(call, SORTABLE)):
        found = sorted(found, key=lambda one: getattr(one, column), reverse=way == "desc") if column else found
    page, first = paging.page(call), call.query.number("offset", 0)
    if page.marker:
        ids = [one.id for one in found]
        if page.marker not in ids:
            raise NotFound(kind="volume type", id=page.marker)
        first += ids.index(page.marker) + 1
    return Answer(200, {"volume_types": [shown(one, call) for one in found[first : first + page.limit]]})


@describes(gives={"volume_type": VolumeType})
def show_type(call: Call, id: str) -> Answer:
    found = queries.default_type(call.caller) if id == "default" else queries.volume_type(call.caller, id)
    return Answer(200, {"volume_type": shown(found, call)})


class Wanted(msgspec.Struct, frozen=True):
    """The parts of ``POST /types`` that are read."""

    name: Name
    description: Text | None = None
    public: Flag = field(default=None, name="os-volume-type-access:is_public")
    extra_specs: Items | None = None


class Body(msgspec.Struct, frozen=True):
    volume_type: Wanted


@describes(takes=Body, gives={"volume_type": VolumeTypeCreated})
def create_type(call: Call) -> Answer:
    wanted = call.decode(Body).volume_type
    public = flag(wanted.public, "os-volume-type-access:is_public", default=True)
    made = NewType(
        name=wanted.name, description=wanted.description, public=public, extra_specs=wanted.extra_specs or {}
    )
    id = commands.create_type(call.caller, made)
    body = shown(queries.volume_type(call.caller, id), call)
    return Answer(200, {"volume_type": _without(body, "qos_specs_id")})


class ChangeBody(msgspec.Struct, frozen=True):
    volume_type: KindChange


@describes(takes=ChangeBody, gives={"volume_type": VolumeTypeChanged})
def change_type(call: Call, id: str) -> Answer:
    changes = kind_changes(call.decode(ChangeBody).volume_type, "volume type")
    queries.volume_type(call.caller, id)
    commands.change_type(call.caller, id, changes)
    body = shown(queries.volume_type(call.caller, id), call)
    return Answer(200, {"volume_type": _without(body, "qos_specs_id", "os-volume-type-access:is_public")})


@describes(status=202)
def delete_type(call: Call, id: str) -> Answer:
    commands.delete_type(call.caller, id)
    return Answer(202)


class Project(msgspec.Struct, frozen=True):
    project: Name


@describes(takes=({"addProjectAccess": Project}, {"removeProjectAccess": Project}), status=202)
def act_on_type(call: Call, id: str) -> Answer:
    name, said = action(call)
    acts = {"addProjectAccess": commands.add_access, "removeProjectAccess": commands.remove_access}
    if name not in acts:
        raise BadRequest(reason=f"There is no such action: {clipped(name)}.")
    acts[name](call.caller, id, msgspec.structs.replace(call, body=bytes(said)).decode(Project).project)
    return Answer(202)


@describes(gives={"volume_type_access": list[TypeOfProject]})
def list_access(call: Call, id: str) -> Answer:
    found = [{"volume_type_id": id, "project_id": project} for project in queries.access(call.caller, id)]
    return Answer(200, {"volume_type_access": found})


@describes(gives={"extra_specs": dict[str, str]})
def list_extra_specs(call: Call, id: str) -> Answer:
    return Answer(200, {"extra_specs": queries.volume_type(call.caller, _of(call, id)).extra_specs})


def _of(call: Call, id: str) -> str:
    return queries.default_type(call.caller).id if id == "default" else id


class Specs(msgspec.Struct, frozen=True):
    extra_specs: dict[Key, Text]


@describes(takes=Specs, gives={"extra_specs": dict[str, str]})
def set_extra_specs(call: Call, id: str) -> Answer:
    specs = call.decode(Specs).extra_specs
    _check(specs)
    commands.set_extra_specs(call.caller, id, specs)
    return Answer(200, {"extra_specs": specs})


def _check(specs: dict[str, str]) -> None:
    if not specs:
        raise BadRequest(reason="At least one extra spec is needed.")
    for key in specs:
        if not all(sign.isalnum() or sign in "_-.: " for sign in key) or not key.strip():
            raise BadRequest(
                reason=f"The key {clipped(key)!r} may have letters, digits, underscores, hyphens, colons, dots."
            )


@describes(gives=dict[Key, Text])
def show_extra_spec(call: Call, id: str, key: str) -> Answer:
    specs = queries.volume_type(call.caller, id).extra_specs
    if key not in specs:
        raise NotFound(kind="extra spec", id=key)
    return Answer(200, {key: specs[key]})


@describes(takes=dict[Key, Text], gives=dict[Key, Text])
def set_extra_spec(call: Call, id: str, key: str) -> Answer:
    specs = call.decode(dict[Key, Text])
    if key not in specs:
        raise BadRequest(reason="Request body and URI mismatch.")
    if len(specs) > 1:
        raise BadRequest(reason="Request body contains too many items.")
    _check(specs)
    commands.set_extra_specs(call.caller, id, specs)
    return Answer(200, specs)


@describes(status=202)
def delete_extra_spec(call: Call, id: str, key: str) -> Answer:
    commands.delete_extra_spec(call.caller, id, key)
    return Answer(202)


@describes(gives=Nothing)
def show_encryption(call: Call, id: str) -> Answer:
    """Of a type that promises none, which is every one, Cinder says nothing."""
    queries.volume_type(call.caller, id)
    return Answer(200, {})


@describes(answers={}, refuses=[501])
def unmakeable_encryption(call: Call, id: str) -> Answer:
    queries.volume_type(call.caller, id)
    raise NotSupported(reason=NO_ENCRYPTION)


@describes(answers={})
def no_encryption(call: Call, id: str, encryption: str) -> Answer:
    queries.volume_type(call.caller, id)
    raise NotFound(kind=f"encryption of volume type {id} called", id=encryption)


class Default(msgspec.Struct, frozen=True):
    volume_type: Name


class DefaultBody(msgspec.Struct, frozen=True):
    default_type: Default


@describes(gives={"default_types": list[TypeOfProject]})
def list_default_types(call: Call) -> Answer:
    _check_defaults(call)
    found = queries.default_types(call.caller).items()
    return Answer(200, {"default_types": [{"project_id": project, "volume_type_id": id} for project, id in found]})


@describes(gives={"default_type": TypeOfProject})
def show_default_type(call: Call, project: str) -> Answer:
    _check_defaults(call)
    found = queries.default_types(call.caller, project)
    if project not in found:
        raise NotFound(kind="default volume type of project", id=project)
    return Answer(200, {"default_type": {"project_id": project, "volume_type_id": found[project]}})


@describes(takes=DefaultBody, gives={"default_type": TypeOfProject})
def set_default_type(call: Call, project: str) -> Answer:
    _check_defaults(call)
    id = commands.set_default(call.caller, project, call.decode(DefaultBody).default_type.volume_type)
    return Answer(200, {"default_type": {"project_id": project, "volume_type_id": id}})


@describes(status=204)
def unset_default_type(call: Call, project: str) -> Answer:
    _check_defaults(call)
    commands.unset_default(call.caller, project)
    return Answer(204)


def _check_defaults(call: Call) -> None:
    if not call.at_least(Since.DEFAULT_TYPES):
        raise UnknownRoute(path=call.path)


def shown(one: TypeInfo, call: Call) -> Json:
    """Tenants see no extra specs but those that say what a volume can be used for, and nothing of QoS."""
    body: Json = {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "is_public": one.public,
        "os-volume-type-access:is_public": one.public,
        "extra_specs": one.extra_specs,
    }
    return body | ({"qos_specs_id": one.qos} if call.caller.is_admin else {})


def _without(body: Json, *names: str) -> Json:
    return {name: value for name, value in body.items() if name not in names}
