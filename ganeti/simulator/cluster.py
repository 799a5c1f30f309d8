"""A cluster: requests in, answers out, and what happens as time passes. No clock, no threads, no sockets.

Every public method takes the time (seconds since 1970) and leaves the cluster committed: what has changed is stored,
then written to Ganeti's files, then answered. Two callers at once are kept apart by ``simulator``.
"""

import html
from collections.abc import Iterable, Sequence
from http import HTTPStatus

import msgspec

from ganeti.simulator import networking, routes, speaking
from ganeti.simulator.calls import Call
from ganeti.simulator.chance import Chance
from ganeti.simulator.errors import HttpError
from ganeti.simulator.exporting import ExportCall
from ganeti.simulator.faults import Faults
from ganeti.simulator.files import Files
from ganeti.simulator.hooks import HookCall, HookResult
from ganeti.simulator.jobs import document
from ganeti.simulator.model import Identity, Instance
from ganeti.simulator.passwords import Tells
from ganeti.simulator.scheduling import Scheduler
from ganeti.simulator.settings import NetworkSpec, Settings
from ganeti.simulator.store import Store
from ganeti.simulator.world import GROUP, World
from ganeti.transport import RapiRequest, RapiResponse


class Cluster:
    """One Ganeti. ``seed`` decides identifiers and durations; a cluster that comes up again draws anew from it."""

    def __init__(  # noqa: PLR0913 - a cluster's parts
        self,
        settings: Settings,
        *,
        seed: int | str,
        store: Store,
        files: Files,
        now: float,
        faults: Faults | None = None,
    ) -> None:
        self._store, self._files, self._seed = store, files, seed
        loaded = store.load()
        known = loaded.identity
        chance = Chance(f"{seed} {known.starts if known else 0}")
        identity = known or _founded(settings, chance, now)
        self._world = World(settings, identity, chance, faults or Faults(Chance(f"faults {seed}")))
        self._scheduler = Scheduler(self._world, store.archived)
        self._serial = identity.serial
        identity.starts += 1
        self._world.fill(loaded)
        self._furnish(now)
        files.identify(identity.uuid, anew=known is None)
        files.serial(identity.serial)
        self._scheduler.resume(loaded.jobs)
        self._commit()
        self._repair()

    def loose_disks(self) -> frozenset[str]:
        return frozenset(disk.name for disk in self._world.identity.loose if disk.name)

    @property
    def uuid(self) -> str:
        """The cluster's UUID: our *incarnation*."""
        return self._world.identity.uuid

    def screens(self) -> dict[int, str]:
        """The VNC port of each guest that runs, and its name."""
        return {
            one.network_port: one.name for one in self._world.instances.values() if one.running and one.network_port
        }

    def said(self, uuid: str) -> bytes | None:
        """What a guest has said on its serial console; None for an instance that there is not."""
        found = next((one for one in self._world.instances.values() if one.uuid == uuid), None)
        return speaking.said(found, self._world.beparams(found)) if found else None

    def listen(self, tells: Tells) -> None:
        """The nodes have our hook for passwords, and this is the API that it asks."""
        self._world.tells = tells

    def password(self, name: str, user: str) -> str | None:
        """That the agent in a guest has set."""
        return self._world.passwords.get(name, {}).get(user)

    def paused(self) -> list[str]:
        """The UUIDs of the instances whose guests stand still."""
        return sorted(one.uuid for one in self._world.instances.values() if one.paused)

    @property
    def faults(self) -> Faults:
        """The plan of what goes wrong; may be added to at any time."""
        return self._world.faults

    def handle(self, request: RapiRequest, now: float, *, may_write: bool = True) -> RapiResponse:
        """Answer a request that arrives now. ``may_write``: the caller's user may give orders."""
        self.advance(now)
        call = Call(self._world, self._scheduler, request, now)
        try:
            answer = routes.answer(call, request.method, request.path, may_write=may_write)
        except HttpError as error:
            return failure(error.status, error.message)
        self._commit()
        return RapiResponse(status=HTTPStatus.OK, body=msgspec.json.encode(answer))

    def advance(self, now: float) -> float | None:
        """Carry out everything due by now, each at its own time. Returns when the next thing is due."""
        while (due := self._next_due()) is not None and due <= now:
            fate = self._next_fate()
            if fate and fate[0] == due:
                self._meet(self._world.instances[fate[1]], due)
            else:
                self._scheduler.go_on(due)
        self._archive_old(now)
        self._commit()
        return due

    def take_hooks(self) -> Sequence[HookCall]:
        """Hooks to be run now; whoever takes them reports with :meth:`hooks_done`. After a restart they come again."""
        calls, self._scheduler.hooks = self._scheduler.hooks, []
        return calls

    def hooks_done(self, job: int, results: Iterable[HookResult], now: float) -> None:
        """The hooks of a job have run."""
        self.advance(now)
        self._scheduler.hooks_done(job, results, now)
        self._commit()

    def take_exports(self) -> Sequence[ExportCall]:
        """Disks to be told of, as :meth:`take_hooks`; reported with :meth:`export_done`."""
        calls, self._scheduler.exports = self._scheduler.exports, []
        return calls

    def export_done(self, job: int, *, told: bool, now: float) -> None:
        self.advance(now)
        self._scheduler.export_done(job, told=told, now=now)
        self._commit()

    # What nobody asked Ganeti for

    def wake(self, name: str, now: float) -> None:
        """A guest that stood still goes on. Raises ``OpError`` for an unknown name."""
        self.advance(now)
        instance = self._world.instance(name)
        instance.paused = False
        self._world.keep(instance, now)
        self._commit()

    def fall(self, name: str, now: float, *, by_itself: bool) -> None:
        """A guest stops: it died, or powered itself off. No job. Raises ``OpError`` for an unknown name."""
        self.advance(now)
        self._world.fall(self._world.instance(name), now, by_itself=by_itself)
        self._commit()

    def give_up(self, name: str, now: float) -> None:
        """A node is marked offline, and nobody knows of its guests any more. Raises ``OpError`` for an unknown name."""
        self.advance(now)
        self._world.give_up(self._world.node(name).name, now)
        self._commit()

    def vanish(self, name: str, now: float) -> None:
        """An instance is no more, without a job."""
        self.advance(now)
        self._world.drop(self._world.instance(name))
        self._commit()

    def appear(self, name: str, now: float, *, tags: Sequence[str] = ()) -> None:
        """A running instance that was made by somebody else, without a job."""
        self.advance(now)
        settings = self._world.settings
        instance = Instance(
            name=name,
            uuid=self._world.chance.uuid(),
            node=settings.nodes[0].name,
            os="noop",
            disk_template="diskless",
            hypervisor=settings.hypervisors[0],
            ctime=now,
            mtime=now,
            tags=sorted(tags),
        )
        self._world.boot(instance, now)
        self._commit()

    def archive(self, now: float) -> None:
        """Put away all jobs that have ended."""
        self.advance(now)
        self._archive(now)
        self._commit()

    def bury(self, now: float) -> None:
        """The processes of all working jobs have died; Ganeti notices and fails the jobs."""
        self.advance(now)
        self._scheduler.bury(now)
        self._commit()

    def reinit(self, now: float) -> None:
        """A new cluster in the old one's place: another UUID, no instances, job ids from 1."""
        self.advance(now)
        self._world.empty(_founded(self._world.settings, self._world.chance, now))
        self._scheduler = Scheduler(self._world, self._store.archived)
        self._serial = 0
        self._furnish(now)
        self._commit()
        self._files.identify(self.uuid, anew=True)
        self._files.serial(0)

    def _next_due(self) -> float | None:
        fate, due = self._next_fate(), self._scheduler.next_due()
        times = [one for one in (due, fate[0] if fate else None) if one is not None]
        return min(times, default=None)

    def _next_fate(self) -> tuple[float, str] | None:
        return min(((one.fate.at, name) for name, one in self._world.instances.items() if one.fate), default=None)

    def _meet(self, instance: Instance, now: float) -> None:
        """A guest meets its fate."""
        by_itself = instance.fate is not None and instance.fate.kind == "power_off"
        self._world.fall(instance, now, by_itself=by_itself)

    def _archive_old(self, now: float) -> None:
        age = self._world.settings.archive_after
        if age is not None:
            oldest = next(iter(self._scheduler.jobs.values()), None)
            if oldest and oldest.ended is not None and oldest.ended <= now - age:
                self._archive(now - age)

    def _archive(self, before: float) -> None:
        """Files are moved after the commit; they were written before, so a crash between leaves a file too many."""
        ids = self._scheduler.archive(before)
        self._commit()
        for id in ids:
            self._files.archive(id)

    def _commit(self) -> None:
        """Store, then show."""
        changes = self._world.taken()
        if changes:
            self._store.save(changes)
        if self._world.identity.serial != self._serial:
            self._serial = self._world.identity.serial
            self._files.serial(self._serial)
        written, self._scheduler.written = self._scheduler.written, []
        for one in written:
            self._files.write(one.job, one.body, by_process=one.by_process)

    def _repair(self) -> None:
        """A kill may have come between storing and showing: make the files say what is stored."""
        for left in sorted(self._files.jobs() - self._scheduler.jobs.keys()):
            self._files.archive(left)
        for job in self._scheduler.jobs.values():
            body = document(job)
            if self._files.read(job.id) != body:
                self._files.write(job.id, body, by_process=job.started is not None)

    def _furnish(self, now: float) -> None:
        """The networks that the settings want."""
        for spec in self._world.settings.networks:
            if spec.name not in self._world.networks:
                self._add_network(spec, now)

    def _add_network(self, spec: NetworkSpec, now: float) -> None:
        given = {
            "network_name": spec.name,
            "network": spec.network,
            "gateway": spec.gateway,
            "mac_prefix": spec.mac_prefix,
        }
        network = networking.new_network(self._world, given, now)
        network.connected = [[GROUP, spec.mode, spec.link, ""]]


def failure(status: int, message: str = "") -> RapiResponse:
    """An HTTP error as Ganeti words it, the message HTML-escaped (observed)."""
    told = HTTPStatus(status)
    body = {"code": status, "message": html.escape(message or told.phrase), "explain": told.description}
    return RapiResponse(status=status, body=msgspec.json.encode(body))


def _founded(settings: Settings, chance: Chance, now: float) -> Identity:
    return Identity(uuid=chance.uuid(), name=settings.name, ctime=now, mtime=now)
