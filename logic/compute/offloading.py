"""Shelved servers that leave their cluster: an image is made of what is on the disk, and when all of it has come, the instance is
removed (docs/decisions/0048). Each step is a command of its own; what is begun next is decided here, from the rows alone.

Called by ``shelving`` for what is asked, and by ``logic.reconcile.chores`` under its lease, all the time, to go on. How such a
server is made again is in ``restoring``; what has to be removed of one that could not be made is removed here too.
"""

import datetime
from typing import Any, Final

import structlog
from django.db import connection, transaction

from logic import clock
from logic.access import Caller
from logic.compute import capturing, states
from logic.compute.checks import can
from logic.compute.models import Server, Shelf
from logic.compute.sharing import hypervisor_of
from logic.compute.shelves import AGAIN, CLEAR, KEPT, LEAVE, RETURN, SAVE
from logic.compute.states import Mode, Observed, Phase
from logic.db import DATABASE_AWAY, asked, new_id
from logic.errors import Conflict, NotSupported, Refusal
from logic.image import capturing as captures
from logic.image import removing
from logic.image.models import Image
from logic.ledger import beginning
from logic.ledger.models import Command
from logic.ledger.resources import state_of
from logic.ledger.store import store
from logic.messages.commands import CaptureServer, CreateServerHaving, DeleteServer, DeleteServerKeeping
from logic.volume.models import Volume
from logic.volume.states import Mode as Kept
from logic.volume.states import Observed as Place
from logic.volume.states import is_on_server

log = structlog.get_logger(__name__)
# In the journal, of one that does not leave now; with words, why it does not after all.
STAYS: Final = "stays on its cluster"
POLL, IDLE, FAULT_DELAY = 1.0, 3600.0, 60.0  # seconds until somebody looks again
HALF_WAY = 600.0  # seconds until that which cannot leave is asked to again, when some of it has
RETRY, LONGEST = 10.0, 3600.0  # seconds until what has failed is tried again, growing
MOST: Final = (
    3  # images that are asked for of one that none comes of, or whose disk may have changed since, before it stays
)
DOWN: Final = frozenset({Observed.STOPPED, Observed.CRASHED})
_MOVABLE: Final = frozenset({Kept.NORMAL, Kept.RESERVED})
READY: Final = "active"  # the status of an image that has come whole
_DUE = f"SELECT 1 FROM {Shelf._meta.db_table} WHERE due_at <= %s LIMIT 1"  # noqa: S608 - no value in it


def why_not(server: Server) -> Refusal | None:
    """Why it cannot leave its cluster; None: it can."""
    try:
        captures.check_told()
        for command in (CaptureServer, DeleteServerKeeping, CreateServerHaving):
            can(server.backend, command)
    except NotSupported as refusal:
        return refusal
    if not (server.root_volume or (server.image and server.disk)) or server.foreign_name:
        return NotSupported(reason=f"Server {server.pk} was imported: it stays on its cluster while it is shelved.")
    wrong = [row.pk for row in volumes_of(server) if not row.command and row.mode not in _MOVABLE]
    if wrong:
        return Conflict(
            reason=f"Volume {wrong[0]} of server {server.pk} is in error, and does not move. Look after it first."
        )
    if server.root_volume and server.root_volume not in {row.pk for row in volumes_of(server)}:
        return Conflict(reason=f"The volume that server {server.pk} boots from is not on it. Delete the server.")
    return None


def volumes_of(server: Server) -> list[Volume]:
    """That it has, or has again when it is made: first the one that it boots from, the others as they are listed."""
    rows = Volume.objects.filter(device=server.pk).exclude(observed=Place.GONE).order_by("attached_at", "pk")
    there = [
        row
        for row in rows
        if is_on_server(state_of(row)) or (row.mode == Kept.FAILED and row.observed == Place.ATTACHED)
    ]
    return sorted(there, key=lambda row: row.pk != server.root_volume)


def put(server: Server, seconds: float) -> None:
    """A server that was just shelved leaves in so many seconds. Its row is held."""
    forget(server)
    Shelf.objects.create(server=server.pk, step=SAVE, due_at=_in(seconds))


def leave(caller: Caller, server: Server) -> None:
    """The same at once: its image is asked for in the caller's transaction, unless there is one. Raises :class:`Conflict` for one
    that somebody has started on its cluster."""
    if server.observed not in DOWN:
        raise Conflict(reason=f"Server {server.pk} was started on its cluster. Unshelve it, and shelve it again.")
    shelf = Shelf.objects.select_for_update().filter(pk=server.pk).first()
    if shelf and (shelf.image or shelf.step != SAVE):
        hurry(server)
        return
    put(server, 0)
    _leave(caller, server, Shelf.objects.get(pk=server.pk))


def forget(server: Server) -> None:
    """It does not leave, or is there again: what was to be made of it is removed. Its row is held."""
    shelf = Shelf.objects.select_for_update().filter(pk=server.pk).first()
    if shelf:
        _remove_image(shelf)
        shelf.delete()


def hurry(server: Server) -> None:
    """Something has become of it: somebody goes on at once."""
    Shelf.objects.filter(pk=server.pk).update(due_at=clock.now())


def is_clear(shelf: Shelf) -> bool:
    """Is nothing of it left on any cluster, and is it known where its volumes are?"""
    if shelf.step in {LEAVE, KEPT}:
        return True
    unknown = Volume.objects.filter(device=shelf.pk, mode=Kept.RESERVED, look_at__isnull=False)
    return shelf.step == CLEAR and _outcome(shelf) == "success" and not unknown.exists()


def is_due() -> bool:
    """Is there one to go on with?"""
    return bool(asked(_DUE, [connection.ops.adapt_datetimefield_value(clock.now())]))


def carry_on() -> int:
    """With one whose time has come; how many that were. What fails is tried again by and by, and keeps no other."""
    due = Shelf.objects.filter(due_at__lte=clock.now()).order_by("due_at", "pk")
    for id in due.values_list("pk", flat=True)[:1]:
        try:
            with transaction.atomic():
                _carry_on(id)
        except DATABASE_AWAY:
            raise
        except Exception:
            log.exception("shelf.failed", server=id)
            Shelf.objects.filter(pk=id).update(due_at=_in(FAULT_DELAY))
        return 1
    return 0


def _carry_on(id: str) -> None:
    server: Server = beginning.hold("server", id)
    shelf = Shelf.objects.select_for_update().filter(pk=id).first()
    if shelf is None or shelf.due_at > clock.now():
        return
    phase = states.phase(state_of(server))
    if phase is Phase.GONE:
        forget(server)
    elif server.command:
        _later(shelf, POLL)
    elif phase in {Phase.SHELVED, Phase.LEAVING}:
        _go(server, shelf)
    elif phase is Phase.OFFLOADED:
        _stay_away(server, shelf)
    elif phase is Phase.FAILED:  # if its disk is lost, this is what there is of it
        _later(shelf, IDLE)
    else:
        forget(server)


def _go(server: Server, shelf: Shelf) -> None:
    """The next step of one on its way, in its owner's name. What is refused now, it stays."""
    if refusal := why_not(server):
        _give_up(server, refusal.sentence)
        return
    try:
        with transaction.atomic():
            _leave(_owner(server), server, shelf)
    except Refusal as refusal:
        _give_up(server, refusal.sentence)


def _leave(caller: Caller, server: Server, shelf: Shelf) -> None:
    """Of a shelved server with nothing under way: its image, or its removal when that is there, and of what its disk is now. Who
    deletes or deactivates the image has done so before, or waits."""
    image = held_image(shelf)
    if server.observed not in DOWN:
        _give_up(server, "it was started on its cluster")
    elif any(row.command for row in volumes_of(server)):
        _later(shelf, POLL)
    elif server.root_volume:
        _remove_or_wait(caller, server, shelf)
    elif not shelf.image:
        _save(caller, server, shelf)
    elif image is None:
        _save_again(server, shelf)
    elif image.status in captures.WAITING:
        _later(shelf, POLL)
    elif image.status != READY:
        _give_up(server, f"its image is {image.status}")
    elif not _is_of_now(server, shelf):
        _save_anew(caller, server, shelf)
    else:
        _remove_or_wait(caller, server, shelf)


def _remove_or_wait(caller: Caller, server: Server, shelf: Shelf) -> None:
    if shelf.step == LEAVE:  # it is still here
        _wait(server)
        Shelf.objects.filter(pk=shelf.pk).update(step=AGAIN, due_at=_in(_backoff(shelf)))
    else:
        _remove(caller, server, shelf, LEAVE)


def _save(caller: Caller, server: Server, shelf: Shelf) -> None:
    image, command = capturing.begin(caller, server, capturing.shelved(caller, server), "shelve-image")
    _now(shelf, SAVE, command, image=image, job=0)


def _save_again(server: Server, shelf: Shelf) -> None:
    """Nothing has come of its image; the command says why."""
    if shelf.tries + 1 >= MOST:
        why = Command.objects.filter(pk=shelf.asked).values_list("error", flat=True).first()
        _give_up(server, f"no image of it could be made: {why}" if why else "no image of it could be made")
        return
    _wait(server)
    Shelf.objects.filter(pk=shelf.pk).update(image="", tries=shelf.tries + 1, due_at=_in(_backoff(shelf)))


def _save_anew(caller: Caller, server: Server, shelf: Shelf) -> None:
    if shelf.tries >= MOST:
        _give_up(server, "its disk has changed again and again since images were made of it")
        return
    _remove_image(shelf)
    shelf.tries += 1
    _save(caller, server, shelf)


def _is_of_now(server: Server, shelf: Shelf) -> bool:
    """Has nothing been done on the cluster since the disk was read? The fence is that job's then, and a job that has failed says
    nothing."""
    if not shelf.job:
        done = Command.objects.filter(pk=shelf.asked, outcome="success").values_list("job", flat=True)
        shelf.job = next(iter(done), 0)
    return bool(shelf.job) and server.fence_job == shelf.job


def _remove(caller: Caller, server: Server, shelf: Shelf, step: str) -> None:
    """The instance; there may be none. Its volumes are taken off it first."""
    shelf.tries += 1
    about: dict[str, Any] = {"id": new_id(), "resource": server.pk, "instance": server.instance}
    command, left = DeleteServer(**about), store().volumes_of(server.pk)  # whichever may be on it
    if left:
        _reserve(server)
        command = DeleteServerKeeping(**about, volumes=tuple(left), hypervisor=hypervisor_of(server.backend))
    beginning.begin(caller, "server", server, "offload", command)
    _now(shelf, step, command.id)


def _reserve(server: Server) -> None:
    """Its volumes are its own wherever they are meanwhile."""
    for id in sorted(row.pk for row in volumes_of(server)):
        row: Volume = beginning.hold("volume", id)
        if row.mode == Kept.NORMAL:
            beginning.change_mode(_owner(server), "volume", row, Kept.RESERVED, "reserved")


def _stay_away(server: Server, shelf: Shelf) -> None:
    """Of one that is on no cluster, with nothing under way. If it was to be made again, it could not, and what there is of it
    goes."""
    if shelf.step == RETURN:
        _remove(_owner(server), server, shelf, CLEAR)
    elif shelf.step == CLEAR and _outcome(shelf) == "success" and not is_clear(shelf):
        _later(shelf, POLL)
    elif shelf.step == CLEAR and not is_clear(shelf):
        Shelf.objects.filter(pk=shelf.pk).update(step=RETURN, due_at=_in(_backoff(shelf)))
    else:
        Shelf.objects.filter(pk=shelf.pk).update(step=KEPT, due_at=_in(IDLE))


def _wait(server: Server) -> None:
    """It is shelved, wherever it is: its user may take it up."""
    if server.mode == Mode.LEAVING:
        beginning.change_mode(_owner(server), "server", server, Mode.SHELVED, STAYS)


def _give_up(server: Server, why: str) -> None:
    """For good; but what has begun to leave, so that a volume of it is kept elsewhere, has to leave some time."""
    if any(row.mode == Kept.RESERVED for row in volumes_of(server)):
        Shelf.objects.filter(pk=server.pk).update(step=AGAIN, tries=0, due_at=_in(HALF_WAY))
    else:
        forget(server)
    _wait(server)
    beginning.note(_owner(server), "server", server.pk, STAYS, why)


def _remove_image(shelf: Shelf) -> None:
    """What it held of content is swept away by and by."""
    if made := held_image(shelf):
        removing.remove(made)


def held_image(shelf: Shelf) -> Image | None:
    """What is made of it, held until the transaction ends: see ``logic.image.holders``."""
    return Image.objects.select_for_update().filter(pk=shelf.image).first() if shelf.image else None


def _now(shelf: Shelf, step: str, command: str, **about: str | int) -> None:
    """Its command is under way."""
    columns = {"job": shelf.job, "tries": shelf.tries, **about}
    Shelf.objects.filter(pk=shelf.pk).update(step=step, asked=command, due_at=_in(POLL), **columns)


def returning(server: Server, command: str) -> None:
    """It is made again by this command."""
    Shelf.objects.filter(pk=server.pk).update(step=RETURN, asked=command, tries=0, due_at=_in(POLL))


def _later(shelf: Shelf, seconds: float) -> None:
    Shelf.objects.filter(pk=shelf.pk).update(due_at=_in(seconds))


def _in(seconds: float) -> datetime.datetime:
    return clock.now() + datetime.timedelta(seconds=seconds)


def _backoff(shelf: Shelf) -> float:
    return float(min(RETRY * 2 ** min(shelf.tries, 10), LONGEST))


def _outcome(shelf: Shelf) -> str:
    return next(iter(Command.objects.filter(pk=shelf.asked).values_list("outcome", flat=True)), "")


def _owner(server: Server) -> Caller:
    return Caller(user=server.user, project=server.project, roles=frozenset({"member"}))
