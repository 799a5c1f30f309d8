"""A cluster in time: the clock, the lock that lets several callers in, and the control that tests have over it.

The doors (``transport``, ``server``) and the driver (``running``) share one of these. Its calls may come from several
threads and never wait long: a commit at most.
"""

import threading  # noqa: TID251 - a lock starts no thread; callers come from the pool of ``logic.offload``
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ganeti.simulator.cluster import Cluster
from ganeti.simulator.exporting import ExportCall
from ganeti.simulator.faults import Fault, Faults
from ganeti.simulator.hooks import HookCall, HookResult
from ganeti.simulator.passwords import Tells
from ganeti.transport import RapiRequest, RapiResponse
from logic import clock


class Closed(Exception):  # noqa: N818 - what it is
    """The simulator has been closed; its cluster is no longer anybody's."""


class Simulator:
    """One cluster, now. ``now`` gives seconds since 1970. Everything raises :class:`Closed` after :meth:`close`."""

    def __init__(self, cluster: Cluster, *, now: Callable[[], float] = clock.timestamp) -> None:
        self._cluster, self._now = cluster, now
        self._lock = threading.Lock()
        self._closed = False
        self._wakers: list[Callable[[], object]] = []

    @property
    def uuid(self) -> str:
        """The cluster's UUID: our *incarnation*."""
        return self._cluster.uuid

    def screens(self) -> Mapping[int, str]:
        """The VNC port of each guest that runs, and its name."""
        with self._held():
            return self._cluster.screens()

    def said(self, uuid: str) -> bytes | None:
        """What a guest has said on its serial console; None for an instance that there is not."""
        with self._held():
            return self._cluster.said(uuid)

    def listen(self, tells: Tells) -> None:
        """The nodes have our hook for passwords, and this is the API that it asks."""
        self._cluster.listen(tells)

    def password(self, name: str, user: str) -> str | None:
        """That the agent in a guest has set, since the simulator was started."""
        with self._held():
            return self._cluster.password(name, user)

    def paused(self) -> list[str]:
        """The UUIDs of the instances whose guests stand still."""
        with self._held():
            return self._cluster.paused()

    @property
    def faults(self) -> Faults:
        return self._cluster.faults

    def handle(self, request: RapiRequest, *, may_write: bool = True) -> RapiResponse:
        """Answer a request. ``may_write``: the caller's user may give orders."""
        with self._changing():
            return self._cluster.handle(request, self._now(), may_write=may_write)

    def advance(self) -> float | None:
        """Carry out what is due. Returns when the next thing is, in seconds since 1970."""
        with self._held():
            return self._cluster.advance(self._now())

    def take_hooks(self) -> Sequence[HookCall]:
        """Hooks to be run; the caller reports each with :meth:`hooks_done`."""
        with self._held():
            return self._cluster.take_hooks()

    def hooks_done(self, job: int, results: Iterable[HookResult]) -> None:
        with self._changing():
            self._cluster.hooks_done(job, results, self._now())

    def take_exports(self) -> Sequence[ExportCall]:
        """Disks to be told of; the caller reports each with :meth:`export_done`."""
        with self._held():
            return self._cluster.take_exports()

    def export_done(self, job: int, *, told: bool) -> None:
        with self._changing():
            self._cluster.export_done(job, told=told, now=self._now())

    def misfortune(self, request: RapiRequest) -> Fault | None:
        """What happens to a request on its way; asked once for each by the door it comes through."""
        with self._held():
            return self.faults.request(request.method, request.path)

    @contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """Have ``wake`` called, from any thread, whenever something else may be due than was said."""
        self._wakers.append(wake)
        try:
            yield
        finally:
            self._wakers.remove(wake)

    # What nobody asked Ganeti for. Raises ``OpError`` for an instance that does not exist.

    def crash_guest(self, name: str) -> None:
        """The guest dies: ERROR_down, no job."""
        with self._changing():
            self._cluster.fall(name, self._now(), by_itself=False)

    def wake_guest(self, name: str) -> None:
        """An operator has a paused guest go on, at its monitor: no job."""
        with self._changing():
            self._cluster.wake(name, self._now())

    def power_off_guest(self, name: str) -> None:
        """The guest powers itself off: USER_down where the cluster can tell, else ERROR_down."""
        with self._changing():
            self._cluster.fall(name, self._now(), by_itself=True)

    def give_up_node(self, name: str) -> None:
        """An operator marks a node offline: ERROR_nodeoffline, whatever its guests do."""
        with self._changing():
            self._cluster.give_up(name, self._now())

    def remove_behind_back(self, name: str) -> None:
        """The instance is gone, and no job says so."""
        with self._changing():
            self._cluster.vanish(name, self._now())

    def add_foreign_instance(self, name: str, *, tags: Sequence[str] = ()) -> None:
        """An instance appears that nobody ordered."""
        with self._changing():
            self._cluster.appear(name, self._now(), tags=tags)

    def loose_disks(self) -> frozenset[str]:
        """The names of the disks that are on no instance, which the remote API does not tell."""
        with self._held():
            return self._cluster.loose_disks()

    def archive_jobs(self) -> None:
        """All jobs that have ended leave the list."""
        with self._changing():
            self._cluster.archive(self._now())

    def kill_jobs(self) -> None:
        """The processes of all working jobs die."""
        with self._changing():
            self._cluster.bury(self._now())

    def reinit(self) -> None:
        """The cluster is made anew: another UUID, no instances, job ids from 1."""
        with self._changing():
            self._cluster.reinit(self._now())

    def close(self) -> None:
        """Wait for whoever is at work, and let nobody in again: the cluster's store may be closed after this."""
        with self._lock:
            self._closed = True

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise Closed
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._held():
            yield
        for wake in tuple(self._wakers):
            wake()
