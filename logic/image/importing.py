"""Imports: asked for by a tenant, done in the background, told as tasks.

An import is a row (``models.Task``) that a process with the store takes on under a lease: ``working``. Who dies in the middle
loses the lease, and another begins anew; what did not end well leaves its image queued, and says why. Called by the facade
(asking and looking) and by ``working`` (taking on and ending).
"""

import datetime
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from django.db import connection
from django.db.models import Count, Q

from logic import clock, paging
from logic.access import Caller, require
from logic.db import new_id
from logic.errors import BadRequest, Conflict, NotFound, clipped
from logic.image import blobs, copies, counting, queries, uploading
from logic.image.fetching import addresses
from logic.image.models import Blob, Image, Task
from logic.image.reaching import owned
from logic.image.refusals import WrongStatus
from logic.image.stores import opening
from logic.image.uploading import Upload
from logic.ledger.waiting import LASTS
from logic.policy import permit
from logic.transactions import atomically

STAGED, WEB, COPY = "glance-direct", "web-download", "copy-image"
METHODS: Final = (STAGED, WEB, COPY)
NEEDED: Final = {STAGED: "uploading", WEB: "queued", COPY: "active"}
ADVICE: Final = {
    STAGED: "Stage its content first.",
    WEB: "Only a queued image is imported.",
    COPY: "Only an active image is copied.",
}
UNFINISHED: Final = ("pending", "processing")
LEASE: Final = datetime.timedelta(seconds=120)
TRIES: Final = 3
SHARE: Final = 2  # imports of one project at a time, on all processes together
KEPT: Final = datetime.timedelta(hours=48)
TASK, COMING, FAILED = "os_glance_import_task", "os_glance_importing_to_stores", "os_glance_failed_import"


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """How the content comes; ``uri`` where that is from a web server; and where to. With ``all_stores`` into every store, with
    neither into the first. ``must_succeed``: into each of them, or none."""

    name: str
    uri: str = ""
    stores: list[str] = []
    all_stores: bool = False
    must_succeed: bool = True


class TaskInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A task, as its row has it."""

    id: str
    image: str
    owner: str
    user: str
    request: str
    kind: str
    status: str
    input: dict[str, Any]
    result: dict[str, Any] | None
    message: str
    expires_at: datetime.datetime | None
    created_at: datetime.datetime
    updated_at: datetime.datetime


@atomically
def begin_import(caller: Caller, id: str, method: Method, told: dict[str, Any]) -> str:
    """The id of the task; ``told``: the request, as tasks show it. Raises :class:`NotFound`, :class:`Forbidden`,
    :class:`BadRequest`, :class:`Conflict`."""
    row = owned(caller, id, "modify_image")
    if method.name not in METHODS:
        raise BadRequest(reason=f"Unknown import method name '{method.name}'. Use one of {', '.join(METHODS)}.")
    if method.name == COPY:
        permit(caller, "copy_image")
    _check(row, method)
    wanted = _wanted(row, method)
    input = {"image_id": id, "import_req": told, "backend": wanted, "must_succeed": method.must_succeed}
    who = {"owner": row.owner, "user": caller.user, "request": caller.request}
    task = Task.objects.create(id=new_id(), image=id, input=input, until=clock.now(), **who)
    marks = {TASK: task.pk, COMING: ",".join(wanted), FAILED: ""}
    status = row.status if method.name == COPY else "importing"
    _write(id, status=status, properties=row.properties | marks)
    return task.pk


def _wanted(row: Image, method: Method) -> list[str]:
    """Names of stores, of a copy only new ones. Raises :class:`Conflict`."""
    known = opening.stores()
    if unknown := [name for name in method.stores if name not in known]:
        raise Conflict(reason=f"The store {clipped(unknown[0])} is not known. List them with GET /v2/info/stores.")
    wanted = list(dict.fromkeys(known if method.all_stores else method.stores or [opening.default()]))
    there = copies.stores_of(row.blob_id) if method.name == COPY and row.blob_id else []
    if (again := [name for name in wanted if name in there]) and not method.all_stores:
        raise Conflict(reason=f"The image is in the store {again[0]} already. Name only stores that do not have it.")
    return [name for name in wanted if name not in there]


def _check(row: Image, method: Method) -> None:
    """Raises :class:`BadRequest`, :class:`Conflict`."""
    uploading.check_free(row)
    uploading.check_formats(row)
    if row.status != NEEDED[method.name]:
        raise WrongStatus(status=row.status, wanted="importing", advice=ADVICE[method.name])
    if method.name == STAGED and row.staged_id is None:
        raise Conflict(reason=f"The content of image {row.pk} is still being staged. Try again when it is.")
    if method.name == WEB:
        addresses.place(method.uri)
    if method.name == COPY:
        _check_copied(row)


def _check_copied(row: Image) -> None:
    """Raises :class:`Conflict`."""
    if row.blob_id is None:
        raise Conflict(reason=f"The content of image {row.pk} is on the clusters alone, and in no store.")
    if Task.objects.filter(image=row.pk, status__in=UNFINISHED).exists():
        raise Conflict(reason=f"The image {row.pk} is being copied already. Try again when that is over.")


def tasks(caller: Caller, *, status: str = "", image: str = "", limit: int = 25, marker: str = "") -> list[TaskInfo]:
    """The newest first; those of one image its owner sees, all others administrators. Raises :class:`NotFound`,
    :class:`Forbidden`, :class:`BadRequest`."""
    if image:
        queries.image(caller, image)
    else:
        require(caller, "admin", "tasks_api_access")
    mine = Q() if caller.is_admin else Q(owner=caller.project)
    rows = Task.objects.filter(mine, **({"image": image} if image else {}), **({"status": status} if status else {}))
    keys = [("created_at", "desc"), ("id", "desc")]
    if marker:
        last = rows.filter(pk=marker).first()
        if last is None:
            raise BadRequest(reason=f"The marker {marker!r} could not be found.")
        rows = rows.filter(paging.after(keys, last))
    return [_info(row) for row in paging.ordered(rows, keys)[:limit]]


def task(caller: Caller, id: str) -> TaskInfo:
    """Raises :class:`NotFound`, :class:`Forbidden`."""
    require(caller, "admin", "tasks_api_access")
    row = Task.objects.filter(pk=id).first()
    if row is None:
        raise NotFound(kind="task", id=id)
    return _info(row)


@atomically
def take_on(holder: str, *, more: bool = True) -> TaskInfo | None:
    """One that nobody works on, for this holder: of a project that has none under way, or with ``more`` of one that has not its
    share. What was tried too often has failed."""
    row = _next(_served(1)) or (_next(_served(SHARE)) if more else None)
    if row is None:
        return None
    if row.tries >= TRIES:
        fail(row.pk, row.holder, "It was begun several times, and never ended.")
        return None
    row.status, row.holder, row.tries = "processing", holder, row.tries + 1
    row.until = clock.now() + LEASE
    row.save()
    return _info(row)


def _next(served: Collection[str]) -> Task | None:
    waiting = Task.objects.select_for_update(skip_locked=_skips()).filter(status__in=UNFINISHED)
    return waiting.exclude(owner__in=served).exclude(_held()).order_by("until", "pk").first()


def _held() -> Q:
    """Somebody is at it. Not one whose lease is longer than any: whoever wrote that had a clock that was wrong."""
    now = clock.now()
    return Q(until__gt=now, until__lte=now + LASTS)


def _served(share: int) -> list[str]:
    """Projects for which so many are under way."""
    live = Task.objects.filter(_held(), status="processing").values("owner").order_by("owner")
    return list(live.annotate(many=Count("pk")).filter(many__gte=share).values_list("owner", flat=True))


def _skips() -> bool:
    return bool(connection.features.has_select_for_update_skip_locked)


@atomically
def go_on(id: str, holder: str) -> bool:
    """It is still being worked on. False: another has taken it over."""
    return Task.objects.filter(pk=id, holder=holder, status="processing").update(until=clock.now() + LEASE) == 1


@atomically
def begin_content(id: str, stores: Sequence[str]) -> Upload | None:
    """Of an image that is imported from outside, into the first of these stores; None: it is there already. Raises
    :class:`NotFound`, :class:`QuotaExceeded`."""
    row = Image.objects.select_for_update().filter(pk=id, status__in=["importing", "active"]).first()
    if row is None:
        raise NotFound(kind="image", id=id)
    if row.staged_id or row.blob_id:
        return None
    for blob in blobs.of(id):
        counting.upload_over(blob)  # of who began before: it counts no more, and is swept when it is sure to be over
    return uploading.begun(row, "importing", staging=len(stores) > 1, store=stores[0])


def content_of(id: str) -> str:
    """What is imported, or copied: the blob's id. Raises :class:`NotFound`."""
    row = Image.objects.filter(pk=id).first()
    found = row and (row.staged_id or row.blob_id)
    if not found:
        raise NotFound(kind="image", id=id)
    return str(found)


@atomically
def use_staged(id: str, stores: Sequence[str]) -> list[str]:
    """What waits to be imported is what is in the image, and in these stores alone; names of the copies to remove. What is in it
    already is left as it is. Raises :class:`NotFound`."""
    row = Image.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind="image", id=id)
    if row.staged_id is None:
        return []
    uploading.activate(id, Blob.objects.get(pk=row.staged_id))
    there = copies.stores_of(row.staged_id)
    return [copies.leave(row.staged_id, store) for store in there if store not in stores]


@atomically
def brought(id: str, holder: str, store: str, *, well: bool) -> None:
    """One store of the task's has it now, or does not take it."""
    task = Task.objects.filter(pk=id, holder=holder, status="processing").first()
    row = Image.objects.select_for_update().filter(pk=task.image).first() if task else None
    if row is None:
        return
    coming = [name for name in row.properties.get(COMING, "").split(",") if name and name != store]
    failed = [name for name in row.properties.get(FAILED, "").split(",") if name and name != store]
    marks = {COMING: ",".join(coming), FAILED: ",".join(failed if well else [*failed, store])}
    _write(row.pk, properties=row.properties | marks)


@atomically
def succeed(id: str, holder: str) -> None:
    """The image is active, by now."""
    row = Task.objects.select_for_update().filter(pk=id, holder=holder, status="processing").first()
    if row is not None:
        _end(row, "success", {"image_id": row.image}, "")
        _mark(row.image, {COMING: ""})


@atomically
def fail(id: str, holder: str, message: str) -> None:
    """The image waits for other content, and ``message`` says why; of one that was copied, the copies go."""
    row = Task.objects.select_for_update().filter(pk=id, holder=holder, status__in=UNFINISHED).first()
    if row is None:
        return
    _end(row, "failure", None, message)
    image = Image.objects.select_for_update().filter(pk=row.image).first()
    if image is None:
        return
    wanted = row.input.get("backend", [])
    if image.status == "importing":
        _write(image.pk, status="queued", staged=None)
        for blob in blobs.release(image.pk):
            counting.upload_over(blob)
            counting.content_gone(blob)
    elif image.blob_id and row.input["import_req"]["method"]["name"] == COPY:
        for store in set(copies.stores_of(image.blob_id)) & set(wanted):
            copies.leave(image.blob_id, store)
    _mark(image.pk, {COMING: "", FAILED: ",".join(wanted)})


def _end(row: Task, status: str, result: dict[str, Any] | None, message: str) -> None:
    row.status, row.result, row.message, row.until = status, result, message, None
    row.updated_at, row.expires_at = clock.now(), clock.now() + KEPT
    row.save()


def _mark(image: str, marks: dict[str, str]) -> None:
    row = Image.objects.select_for_update().filter(pk=image).first()
    if row is not None:
        _write(image, properties=row.properties | marks)


def _write(image: str, **columns: Any) -> None:
    Image.objects.filter(pk=image).update(**columns, updated_at=clock.now())


def _info(row: Task) -> TaskInfo:
    return TaskInfo(**{name: getattr(row, name) for name in TaskInfo.__struct_fields__})
