"""What the answers of a service are made of, for ``@describes(gives=…)``: typed dictionaries that stand beside what renders them.

    class Server(TypedDict):
        id: str
        key_name: str | None
        locked: NotRequired[Annotated[bool, since(Since.LOCKED)]]

Nothing is encoded by them, so they cost nothing in production: the documents are made of them, and every answer that a test
gets is held against them (``synnefo.api.testing.agreeing``): no key beside those, none missing that is not ``NotRequired``.
"""

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict, get_type_hints

import msgspec
from msgspec import Meta

from synnefo.api.kernel.versions import Version, shown

LIFE: Final = "life"


class Link(TypedDict):
    """Where it is: ``self``, ``bookmark``, ``next``."""

    rel: str
    href: str


Links = list[Link]


class Nothing(TypedDict):
    """An object without a key."""


class Life(msgspec.Struct, frozen=True):
    """In which versions a key is there: from ``since`` on, below ``until`` (none: for ever). ``when`` says on what it depends
    beside that; without a word it is there in all of them."""

    since: Version | None = None
    until: Version | None = None
    when: str = ""

    def has(self, version: Version) -> bool:
        return (not self.since or version >= self.since) and (not self.until or version < self.until)

    @property
    def told(self) -> str:
        first = f"From {shown(self.since)} on" if self.since else ""
        last = f"below {shown(self.until)}" if self.until else ""
        words = ", ".join(part for part in (first, last, self.when) if part)
        return f"{words[:1].upper()}{words[1:]}."


def lives(*, since: Version | None = None, until: Version | None = None, when: str = "") -> Meta:
    """Of a key that is not always there: ``NotRequired[Annotated[bool, lives(since=(2, 9))]]``. Services with microversions
    have a shorter word for it in their ``versions``."""
    life = Life(since, until, when)
    return Meta(description=life.told, extra={LIFE: life})


def keys_of(kind: Any) -> dict[str, Any]:
    """The keys of a typed dictionary, for one that has others beside."""
    return get_type_hints(kind, include_extras=True)


def of_keys(name: str, keys: Mapping[str, Any]) -> Any:
    """A typed dictionary of keys that a renderer's table lists."""
    return TypedDict(name, dict(keys))  # type: ignore[operator]


def paged(key: str, kind: Any) -> dict[str, Any]:
    """A list with the address of its next page, as Nova, Cinder and Neutron write it."""
    return {key: list[kind], f"{key}_links": NotRequired[Links]}
