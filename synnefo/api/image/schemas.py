"""JSON schemas of what Glance's part answers: ``/v2/schemas/…``."""

from collections.abc import Sequence
from typing import Any

from logic.image import rules

UUID = f"^{rules.ID.pattern}$"
STATUSES = [
    "queued",
    "saving",
    "active",
    "killed",
    "deleted",
    "uploading",
    "importing",
    "pending_delete",
    "deactivated",
]


def _text(description: str, *, null: bool = False, size: int = 255) -> dict[str, Any]:
    return {"type": ["null", "string"] if null else "string", "maxLength": size, "description": description}


def _word(description: str, words: Sequence[str]) -> dict[str, Any]:
    return {"type": ["null", "string"], "enum": [None, *words], "description": description}


def _number(description: str, *, null: bool = False) -> dict[str, Any]:
    return {"type": ["null", "integer"] if null else "integer", "minimum": 0, "description": description}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _time(description: str) -> dict[str, Any]:
    return {"type": "string", "format": "date-time", "description": description}


_PROPERTIES: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "pattern": UUID, "description": "Identifier of the image"},
    "name": _text("Name for people; need not be unique", null=True),
    "status": {"type": "string", "enum": STATUSES, "description": "Only an active image can be used"},
    "visibility": {
        "type": "string",
        "enum": ["community", "public", "private", "shared"],
        "description": "Who sees the image",
    },
    "owner": _text("Project that owns the image; null: the cloud's operators", null=True),
    "disk_format": _word("Format of the disk in the image", rules.DISK_FORMATS),
    "container_format": _word("Format around it; bare: none", rules.CONTAINER_FORMATS),
    "size": _number("Bytes of the data; null: not known here", null=True),
    "virtual_size": _number("Bytes of the disk it makes; null: not known here", null=True),
    "min_ram": _number("MiB of memory a server needs for it"),
    "min_disk": _number("GiB of disk a server needs for it"),
    "protected": _flag("Whether deleting it is refused"),
    "os_hidden": _flag("Whether lists leave it out unless asked"),
    "checksum": _text("MD5 of the data; null: not known here", null=True, size=32),
    "os_hash_algo": _text("Algorithm of os_hash_value", null=True, size=64),
    "os_hash_value": _text("Hash of the data; null: not known here", null=True, size=128),
    "tags": {"type": "array", "items": _text("A tag"), "description": "Words to find it by"},
    "created_at": _time("When it was made"),
    "updated_at": _time("When it was last changed"),
    "self": _text("Where it is shown"),
    "file": _text("Where its data is"),
    "schema": _text("Where this schema is"),
    "stores": {"type": "string", "readOnly": True, "description": "Where its data is kept: names, with commas between"},
}
_OURS = rules.READ_ONLY & _PROPERTIES.keys()
IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": {name: about | ({"readOnly": True} if name in _OURS else {}) for name, about in _PROPERTIES.items()},
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "member_id": _text("Project the image is shared with"),
        "image_id": {"type": "string", "pattern": UUID, "description": "The image"},
        "status": {"type": "string", "enum": ["pending", "accepted", "rejected"], "description": "Its answer"},
        "created_at": _time("When it was offered"),
        "updated_at": _time("When it was answered"),
        "schema": _text("Where this schema is"),
    },
}
TASK: dict[str, Any] = {
    "name": "task",
    "properties": {
        "id": {"type": "string", "pattern": UUID, "description": "Identifier of the task"},
        "type": {"type": "string", "enum": ["api_image_import"], "description": "What is done"},
        "status": {
            "type": "string",
            "enum": ["pending", "processing", "success", "failure"],
            "description": "How far it is",
        },
        "input": {"type": ["null", "object"], "description": "What was asked for"},
        "result": {"type": ["null", "object"], "description": "What came of it"},
        "message": _text("Why it failed", size=4096),
        "owner": _text("Project of the image"),
        "image_id": _text("The image", size=36),
        "user_id": _text("Who asked"),
        "request_id": _text("In which request"),
        "expires_at": {"type": ["null", "string"], "format": "date-time", "description": "When it may be forgotten"},
        "created_at": _time("When it was asked for"),
        "updated_at": _time("When it was last changed"),
        "self": _text("Where it is shown"),
        "schema": _text("Where this schema is"),
    },
}


def _list_of(schema: dict[str, Any], name: str, **links: str) -> dict[str, Any]:
    """The schema of a list: pages have where they begin and where the next one is."""
    texts = {link: {"type": "string", "description": about} for link, about in links.items()}
    found = {"name": name, "properties": {name: {"type": "array", "items": schema}, **texts, "schema": _text("This")}}
    return {**found, "links": [{"rel": link, "href": f"{{{link}}}"} for link in [*links, "schema"]]}


SCHEMAS: dict[str, dict[str, Any]] = {
    "image": IMAGE,
    "images": _list_of(IMAGE, "images", first="Where the list begins", next="Where the next page is"),
    "member": MEMBER,
    "members": _list_of(MEMBER, "members"),
    "task": TASK,
    "tasks": _list_of(TASK, "tasks", first="Where the list begins", next="Where the next page is"),
}
