"""Keys by which the nodes of a cluster are known to the API: made for all of a cluster's nodes together, kept as digests.

``make`` is called by an operator command, ``holder`` by the API for each question of a node. The newest two are good, so that
nodes are given a new one, each in its time, while the others still show the last.
"""

import hashlib

from logic import clock
from logic.errors import NotFound, Unauthenticated
from logic.placement.models import Backend, NodeKey
from logic.transactions import atomically

GOOD = 2


@atomically
def make(backend: str, *, alone: bool = False) -> str:
    """A new key of the cluster of this name; ``alone``: no older one is good from now on. Raises :class:`NotFound`."""
    row = Backend.objects.select_for_update().filter(name=backend).first()
    if row is None:
        raise NotFound(kind="backend", id=backend)
    key = clock.new_token(32)
    _keep(row, key, 1 if alone else GOOD)
    return key


@atomically
def know(backend: str, key: str) -> None:
    """One that was made elsewhere, of a cluster of our own making (``synnefo.standalone``), is its only one."""
    _keep(Backend.objects.select_for_update().get(name=backend), key, 1)


def holder(key: str) -> int:
    """The primary key of the backend whose nodes show this. Raises :class:`Unauthenticated`."""
    found = NodeKey.objects.filter(digest=_digest(key)).values_list("backend", flat=True).first() if key else None
    if found is None:
        raise Unauthenticated
    return found


def _keep(row: Backend, key: str, good: int) -> None:
    NodeKey.objects.update_or_create(digest=_digest(key), defaults={"backend": row})
    newest = NodeKey.objects.filter(backend=row).order_by("-id").values_list("pk", flat=True)
    NodeKey.objects.filter(backend=row).exclude(pk__in=list(newest[:good])).delete()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
