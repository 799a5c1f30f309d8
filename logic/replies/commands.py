"""A request with an ``Idempotency-Key`` is done once: its reply is kept in the transaction of what it did, and is the answer to
whoever sends the same again. A refusal is not kept, since nothing was done: the same request may succeed later.

Called by the API's kernel, and by the retention. Which requests have keys, and how replies look, is the kernel's affair.
"""

import base64
import datetime
import hashlib
from collections.abc import Callable
from typing import Final

import msgspec
from django.db import IntegrityError, transaction

from logic import clock, secretkeys
from logic.access import Caller
from logic.errors import BadRequest
from logic.replies.models import Reply
from logic.replies.refusals import KeyReused
from logic.transactions import atomically

KEPT: Final = datetime.timedelta(hours=24)
LONGEST: Final = 255  # characters of a key


class Kept(msgspec.Struct, frozen=True):
    """A reply as it went out."""

    status: int
    headers: dict[str, str]
    body: bytes


class Repeated(msgspec.Struct, frozen=True):
    """The reply of the first time."""

    reply: Kept


@atomically
def once(caller: Caller, key: str, request: bytes, work: Callable[[], Kept | None]) -> Kept | Repeated | None:
    """What ``work`` gives, or what it gave when this caller, with the same rights, sent this ``key`` first; None is not kept.
    ``request`` is all that makes the request what it is. Raises :class:`BadRequest`, :class:`KeyReused` and what ``work``
    raises."""
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        raise BadRequest(reason=f"An Idempotency-Key has from 1 to {LONGEST} printable characters.")
    name, asked = _digest("\n".join([*_rights(caller), key]).encode()), _digest(request)
    try:
        with transaction.atomic():  # another that is being answered is waited for here
            Reply.objects.create(pk=name, request=asked)
    except IntegrityError:
        return Repeated(_earlier(name, asked))
    reply = work()
    _keep(name, reply)
    return reply


def _rights(caller: Caller) -> list[str]:
    """What a reply is kept for: a token that may do less is not told what one that may do more was answered."""
    return [caller.user, caller.project, caller.credential, ",".join(sorted(caller.roles))]


def _earlier(name: str, asked: str) -> Kept:
    row = Reply.objects.get(pk=name)
    if row.request != asked:
        raise KeyReused
    return Kept(row.status, row.headers, base64.b64decode(secretkeys.current().decrypt(row.content)))


def _keep(name: str, reply: Kept | None) -> None:
    row = Reply.objects.filter(pk=name)
    if reply is None:
        row.delete()
        return
    content = secretkeys.current().encrypt(base64.b64encode(reply.body).decode())
    row.update(status=reply.status, headers=reply.headers, content=content)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def prune(limit: int) -> int:
    """Forget at most ``limit`` replies that are older than a day; how many."""
    old = Reply.objects.filter(created_at__lt=clock.now() - KEPT).order_by("created_at").values_list("pk", flat=True)
    ids = list(old[:limit])
    return Reply.objects.filter(pk__in=ids).delete()[0] if ids else 0
