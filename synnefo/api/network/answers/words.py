"""What all of them have, the pages of them, and those of their attributes that were asked for."""

import functools
from typing import Any, TypedDict, get_type_hints

from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.describing import Shape, bare
from synnefo.api.kernel.times import Moment


class Shown(TypedDict):
    """``tenant_id`` is the older name of ``project_id``."""

    id: str
    tenant_id: str
    project_id: str


class Dated(Shown):
    """``revision_number`` counts the changes, and is what ``If-Match`` asks for."""

    description: str
    revision_number: int
    created_at: Moment
    updated_at: Moment


class Tagged(Dated):
    tags: list[str]


class Named(Tagged):
    name: str


class FixedIp(TypedDict):
    subnet_id: str
    ip_address: str


class Route(TypedDict):
    destination: str
    nexthop: str


def alone(name: str, kind: Any) -> Shape:
    """One, whole, or those of its attributes that were asked for (``fields``)."""
    return {name: kind}, {name: some_of(kind)}


def page(plural: str, kind: Any) -> Shape:
    """Several, as :func:`alone`, and where the next page is."""
    return paged(plural, kind), paged(plural, some_of(kind))


@functools.cache
def some_of(kind: Any) -> Any:
    """None of the attributes has to be there."""
    keys = {name: bare(one) for name, one in get_type_hints(kind, include_extras=True).items()}
    return TypedDict(f"SomeOf{kind.__name__}", keys, total=False)  # type: ignore[operator]
