"""What the embedded cloud needs of its one cluster, whichever it is: ``simulated`` or, on a real Ganeti, ``attached``.

Called by ``cloud``. Opening one is a context; while it is open, its ``parts`` run beside the API and the dispatcher.
"""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from logic.backends.base import Backend
from logic.bus import Bus
from logic.dispatcher.connections import Access
from logic.offload import Offload
from synnefo.console.reaching import Find, Reaching


class Cluster(Protocol):
    """``name`` is our name of the backend."""

    @property
    def name(self) -> str: ...

    def register(self) -> None:
        """Make its row, as ``backend-add`` would; a second start finds it."""

    def build(self, offload: Offload, prefix: str, access: Access) -> Backend:
        """The adapter of a row. ``prefix`` is ``BACKEND_PREFIX_ID``."""

    def reaching(self, find: Find) -> Reaching:
        """The way to its guests' screens. ``find`` gives the adapter of a name."""

    def parts(self, offload: Offload, bus: Bus, prefix: str) -> Sequence[Coroutine[Any, Any, None]]:
        """What has to run while the cloud does; the event daemon is one."""


Opening = Callable[[], AbstractContextManager[Cluster]]
