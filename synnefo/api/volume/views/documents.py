"""The metadata of a volume or of a snapshot: all of it, and one by one; the same for both."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from logic.access import Caller
from logic.errors import NotFound
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import Outdated
from synnefo.api.volume.requests import parts
from synnefo.api.volume.versions import Since

Read = Callable[[Caller, str], dict[str, str]]
Write = Callable[..., dict[str, str]]
Remove = Callable[[Caller, str, str], None]


class Documents(msgspec.Struct, frozen=True):
    """How the metadata of one kind of thing is read, set (``replace`` or merge) and taken away. Its methods are views."""

    read: Read
    set: Write
    remove: Remove

    @describes(gives={"metadata": dict[str, str]})
    def show(self, call: Call, id: str) -> Answer:
        found = self.read(call.caller, id)
        return Answer(200, {"metadata": found}, _tag(call, found))

    @describes(takes=parts.Metadata, gives={"metadata": dict[str, str]})
    def merge(self, call: Call, id: str) -> Answer:
        return Answer(200, {"metadata": self.set(call.caller, id, parts.metadata(call), replace=False)})

    @describes(takes=parts.Metadata, gives={"metadata": dict[str, str]}, refuses=[412])
    def replace(self, call: Call, id: str) -> Answer:
        items = parts.metadata(call)
        self._check(call, id)
        return Answer(200, {"metadata": self.set(call.caller, id, items, replace=True)})

    @describes(gives={"meta": dict[str, str]})
    def show_item(self, call: Call, id: str, key: str) -> Answer:
        found = self.read(call.caller, id)
        if key not in found:
            raise NotFound(kind="metadata item", id=key)
        return Answer(200, {"meta": {key: found[key]}})

    @describes(takes=parts.Item, gives={"meta": dict[str, str]}, refuses=[412])
    def set_item(self, call: Call, id: str, key: str) -> Answer:
        items = parts.item(call, key)
        self._check(call, id)
        return Answer(200, {"meta": {key: self.set(call.caller, id, items, replace=False)[key]}})

    @describes()
    def remove_item(self, call: Call, id: str, key: str) -> Answer:
        self._check(call, id)
        self.remove(call.caller, id, key)
        return Answer(200)

    def _check(self, call: Call, id: str) -> None:
        """Raises :class:`Outdated` when it is not any more what the client has seen."""
        wanted = call.header("If-Match").strip('"')
        if wanted and call.at_least(Since.ETAGS) and wanted != digest(self.read(call.caller, id)):
            raise Outdated


def _tag(call: Call, found: dict[str, str]) -> dict[str, str]:
    return {"ETag": f'"{digest(found)}"'} if call.at_least(Since.ETAGS) else {}


def digest(found: Any) -> str:
    """A tag that is another one for other metadata."""
    return hashlib.sha256(msgspec.json.encode(found, order="sorted")).hexdigest()[:32]
