"""Which keys the answers about servers have: made of the tables by which ``servers`` renders them. Views name these in
``@describes``; nothing is encoded by them.
"""

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from synnefo.api.compute.render.server_parts import Fault, FlavorOfServer, GroupName, ImageOfServer, ServerAddressInFull
from synnefo.api.compute.render.servers import CORE, FULL, NEVER, SINGLE, Field
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel.answers import Links, of_keys
from synnefo.api.kernel.times import Moment

_PASSWORD: Final = NotRequired[Annotated[str, since(0, when="where the site has passwords for servers")]]


class ServerBrief(TypedDict):
    id: str
    name: str
    links: Links


ServerCreated: Any = of_keys(
    "ServerCreated",
    {"id": str, "links": Links, "OS-DCF:diskConfig": str, "security_groups": list[GroupName], "adminPass": _PASSWORD},
)
# As ``servers._common`` has them.
_COMMON: Final[dict[str, Any]] = {
    "id": str,
    "name": str,
    "status": str,
    "tenant_id": str,
    "user_id": str,
    "metadata": dict[str, str],
    "hostId": str,
    "image": ImageOfServer | Literal[""],
    "flavor": FlavorOfServer,
    "created": Moment,
    "updated": Moment,
    "addresses": dict[str, list[ServerAddressInFull]],
    "accessIPv4": str,
    "accessIPv6": str,
    "OS-DCF:diskConfig": str,
    "links": Links,
    "progress": NotRequired[Annotated[int, since(0, when="while the server is or becomes active")]],
    "fault": NotRequired[Annotated[Fault, since(0, when="of a server in error")]],
}


def _keys(*tables: tuple[Field, ...], least: int = 1) -> dict[str, Any]:
    """Of a key that stands there twice, the first says since when."""
    fields = [field for table in tables for field in table]
    return {field.key: _kind(field, max(field.since, least)) for field in reversed(fields)}


def _kind(field: Field, first: int) -> Any:
    when = _whom(field, first)
    if first == 1 and not when:
        return field.kind
    return NotRequired[Annotated[field.kind, since(first if first > 1 else 0, when=when)]]


def _whom(field: Field, first: int) -> str:
    if field.everybody == NEVER:
        return "for administrators"
    return f"below 2.{field.everybody} for administrators" if field.everybody > first else ""


def _groups(first: int = 0) -> dict[str, Any]:
    kind = Annotated[list[GroupName], since(first, when="of a server that is in some")]
    return {"security_groups": NotRequired[kind]}


_SINGLE: Final = {
    field.key: NotRequired[Annotated[field.kind, since(field.since, when="not in lists")]] for field in SINGLE
}
_CHANGED: Final = {
    **_COMMON,
    **_keys(CORE, SINGLE),
    **_keys(FULL, least=Since.STRICT),
    **_groups(Since.STRICT),
}
_LATER: Final = {  # what is told of a rebuilt server as it has come to be asked for
    "adminPass": _PASSWORD,
    "key_name": NotRequired[Annotated[str | None, since(Since.REBUILD_KEY)]],
    "user_data": NotRequired[Annotated[str | None, since(Since.NO_PERSONALITY)]],
}
Server: Any = of_keys("Server", {**_COMMON, **_keys(CORE, FULL), **_groups(), **_SINGLE})
ServerChanged: Any = of_keys("ServerChanged", _CHANGED)
ServerRebuilt: Any = of_keys(
    "ServerRebuilt", {key: kind for key, kind in _CHANGED.items() if not key.endswith(":user_data")} | _LATER
)
