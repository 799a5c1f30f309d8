"""What Glance's part answers (``kernel.answers``). Images, members and tasks have the fields of the schemas that it serves
(``schemas``): there is one description of them, in Glance's form, and the types here are made of it.
"""

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, Meta, UnsetType

from synnefo.api.image.schemas import IMAGE, MEMBER, TASK
from synnefo.api.kernel.answers import Links, of_keys
from synnefo.api.kernel.times import Moment

_PLAIN: Final[dict[str, Any]] = {"string": str, "integer": int, "boolean": bool, "object": dict[str, Any]}
_BOUNDS: Final = {"maxLength": "max_length", "minimum": "ge", "pattern": "pattern"}
_WITH_CONTENT: Final = frozenset({"stores"})
_ONE_BY_ONE: Final = frozenset({"input", "result", "message", "image_id", "user_id", "request_id"})
_ENDING: Final = frozenset({"expires_at"})


def kind(about: dict[str, Any]) -> Any:
    """What is of a schema of Glance's."""
    types = about["type"] if isinstance(about["type"], list) else [about["type"]]
    found = _kind(about, next(one for one in types if one != "null"))
    whole = found | None if "null" in types else found
    return Annotated[whole, Meta(description=about["description"])] if "description" in about else whole


def _kind(about: dict[str, Any], type: str) -> Any:
    if words := tuple(one for one in about.get("enum", ()) if one is not None):
        return Literal[words]
    if type == "array":
        return list[kind(about["items"])]  # type: ignore[misc]
    if about.get("format") == "date-time":
        return Moment
    bounds = {name: about[said] for said, name in _BOUNDS.items() if said in about}
    return Annotated[_PLAIN[type], Meta(**bounds)] if bounds else _PLAIN[type]


def _fields(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: kind(about) for name, about in schema["properties"].items()}


def _image() -> Any:
    fields = [
        (name, one | UnsetType, UNSET) if name in _WITH_CONTENT else (name, one) for name, one in _fields(IMAGE).items()
    ]
    about = "An image. Its custom properties stand beside, as texts."
    return msgspec.defstruct("Image", fields, namespace={"__doc__": about}, frozen=True, kw_only=True)


def _task(name: str, *, without: frozenset[str]) -> Any:
    fields = {name: one for name, one in _fields(TASK).items() if name not in without}
    return of_keys(name, fields | {name: NotRequired[fields[name]] for name in _ENDING})


Image: Final[Any] = _image()
Member: Final[Any] = of_keys("Member", _fields(MEMBER))
Task: Final[Any] = _task("Task", without=frozenset())
BriefTask: Final[Any] = _task("BriefTask", without=_ONE_BY_ONE)


class Images(TypedDict):
    """``first`` is where the list begins, ``next`` where the next page is."""

    images: list[Image]
    first: str
    next: NotRequired[str]
    schema: str


class Members(TypedDict):
    members: list[Member]
    schema: str


class Tasks(TypedDict):
    """As images."""

    tasks: list[BriefTask]
    first: str
    next: NotRequired[str]
    schema: str


class Version(TypedDict):
    id: str
    status: Literal["CURRENT", "SUPPORTED"]
    links: Links


class Store(TypedDict):
    """``default`` is there at one of them."""

    id: str
    description: str
    default: NotRequired[Literal["true"]]


class StoreDetail(Store):
    type: Literal["file", "s3"]
    weight: int
    properties: dict[str, int]


class Used(TypedDict):
    """-1 is no limit."""

    limit: int
    usage: int


class Methods(TypedDict):
    description: str
    type: Literal["array"]
    value: list[str]


class JsonSchema(TypedDict):
    """In the form that clients of Glance's read."""

    name: str
    properties: dict[str, dict[str, Any]]
    additionalProperties: NotRequired[dict[str, Any]]
    links: NotRequired[list[dict[str, str]]]
