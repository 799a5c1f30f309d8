"""What the answers are made of."""

from typing import Any, TypedDict

from synnefo.api.kernel.describing import Shape


class Here(TypedDict):
    """Where it is."""

    self: str


class PageLinks(TypedDict):
    """Where this page is, and where the next one."""

    self: str
    previous: None
    next: str | None


class Brief(TypedDict):
    id: str
    name: str


class Everything(TypedDict):
    all: bool


def several(name: str, kind: Any) -> Shape:
    return {name: list[kind], "links": PageLinks}
