"""Imports and their tasks, and what this cloud offers of them, as Glance tells it."""

from typing import Any

import msgspec

from logic.access import require
from logic.errors import BadRequest
from logic.image import importing, usage
from logic.image.importing import Method, TaskInfo
from logic.image.stores import opening
from synnefo.api.image.answers import Methods, Task, Tasks, Used
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes
from synnefo.api.kernel.times import seconds

DEFAULT_LIMIT = 25
TASKS = "/v2/tasks"


class _Method(msgspec.Struct, frozen=True):
    name: str
    uri: str = ""


class _Import(msgspec.Struct, frozen=True):
    """``POST /images/{id}/import``."""

    method: _Method
    stores: list[str] = []
    all_stores: bool = False
    all_stores_must_succeed: bool = True


@describes(takes=_Import, status=202)
def begin(call: Call, image_id: str) -> Answer:
    asked = call.decode(_Import)
    method = Method(
        name=asked.method.name,
        uri=asked.method.uri,
        stores=_stores(call, asked),
        all_stores=asked.all_stores,
        must_succeed=asked.all_stores_must_succeed,
    )
    importing.begin_import(call.caller, image_id, method, call.decode(dict[str, Any]))
    return Answer(202, None, {"OpenStack-image-store-ids": ",".join(opening.stores())})


def _stores(call: Call, asked: _Import) -> list[str]:
    """Raises :class:`BadRequest` for stores that are named in more than one way."""
    header = call.header("x-image-meta-store")
    if sum(map(bool, (header, asked.stores, asked.all_stores))) > 1:
        raise BadRequest(reason="Name stores in one way: X-Image-Meta-Store, stores, or all_stores.")
    return [header] if header else asked.stores


@describes(gives={"import-methods": Methods})
def methods(call: Call) -> Answer:  # noqa: ARG001 - the same for everybody
    about = {"description": "Import methods available.", "type": "array", "value": list(importing.METHODS)}
    return Answer(200, {"import-methods": about})


@describes(gives={"usage": dict[str, Used]})
def used(call: Call) -> Answer:
    return Answer(
        200, {"usage": {name: {"limit": one.limit, "usage": one.used} for name, one in usage.of(call.caller).items()}}
    )


@describes(gives=Tasks, query={**PAGE, "status": str})
def tasks(call: Call) -> Answer:
    page = paging.page(call, default=DEFAULT_LIMIT)
    found = importing.tasks(call.caller, status=call.query.one("status"), limit=page.limit, marker=page.marker)
    body: dict[str, Any] = {"tasks": [_brief(one) for one in found], "first": TASKS, "schema": "/v2/schemas/tasks"}
    if following := paging.next_url(call, [one.id for one in found], page):
        body["next"] = f"{TASKS}?{following.partition('?')[2]}"
    return Answer(200, body)


@describes(gives=Task)
def task(call: Call, task_id: str) -> Answer:
    return Answer(200, _full(importing.task(call.caller, task_id)))


@describes(takes=Any, answers={})
def create(call: Call) -> Answer:
    """Glance's way before imports, for administrators."""
    require(call.caller, "admin", "tasks_api_access")
    raise BadRequest(reason="Tasks are made by imports alone: POST /v2/images, then /v2/images/{id}/import.")


@describes(gives={"tasks": list[Task]}, query=PAGE)
def tasks_of_image(call: Call, image_id: str) -> Answer:
    page = paging.page(call)
    found = importing.tasks(call.caller, image=image_id, limit=page.limit, marker=page.marker)
    return Answer(200, {"tasks": [_full(one) for one in found]})


def _brief(info: TaskInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "type": info.kind,
        "status": info.status,
        "owner": info.owner,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
        **({"expires_at": seconds(info.expires_at)} if info.expires_at else {}),
        "self": f"{TASKS}/{info.id}",
        "schema": "/v2/schemas/task",
    }


def _full(info: TaskInfo) -> dict[str, Any]:
    return _brief(info) | {
        "input": info.input,
        "result": info.result,
        "message": info.message,
        "image_id": info.image,
        "user_id": info.user,
        "request_id": info.request,
    }
