"""The life of jobs: queued, waiting, running, ended. Time is passed in; nothing here waits.

A job is queued until its dependencies are final and fewer than ``max_running`` others work; then its process starts,
takes the lock of its opcode or stands in line for it, checks, works step by step (``working``), waits for hooks, and
ends. Every change is one version of the job file, in order. ``cluster`` calls in here and keeps what has changed.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ganeti.simulator import environments
from ganeti.simulator.errors import OpError
from ganeti.simulator.exporting import FAILED, ExportCall, called
from ganeti.simulator.hooks import HookCall, HookResult
from ganeti.simulator.jobs import document, final, stamp, status, taken
from ganeti.simulator.locks import Locks
from ganeti.simulator.model import Job, Op
from ganeti.simulator.parsing import picked_up
from ganeti.simulator.working import carried_out, log, operation_of, planned
from ganeti.simulator.world import World
from ganeti.vocabulary import CANCELED, CANCELING, ERROR, FINAL, RUNNING, SUCCESS, WAITING

_CANCELED = "Job canceled by request"
_FIRST_PID = 300
_LIVELOCKS = "/var/run/ganeti/livelocks"


class Written(msgspec.Struct, frozen=True):
    """One version of a job file. ``by_process``: written by the job's own process, not by the queue's daemon."""

    job: int
    body: bytes
    by_process: bool


class Scheduler:
    """All jobs that are not archived, and who works on what. ``archived`` finds the others."""

    def __init__(self, world: World, archived: Callable[[int], Job | None]) -> None:
        self._world, self._archived = world, archived
        self.jobs: dict[int, Job] = {}
        self.written: list[Written] = []
        self.hooks: list[HookCall] = []
        self.exports: list[ExportCall] = []
        self._agenda: list[tuple[float, int]] = []
        self._queued: dict[int, None] = {}
        self._working: set[int] = set()
        self._locks = Locks()

    def find(self, id: int) -> Job | None:
        return self.jobs.get(id) or self._archived(id)

    def submit(self, inputs: Sequence[dict[str, Any]], now: float) -> Job:
        """Take a job. It is queued, or already on its way."""
        identity = self._world.identified()
        identity.serial += 1
        job = Job(id=identity.serial, ops=[Op(input=one) for one in inputs], received=now)
        for index, one in enumerate(inputs):
            taken(one, job.id, index, now)
        self.jobs[job.id] = job
        self._queued[job.id] = None
        self._write(job)
        self._dispatch(now)
        return job

    def cancel(self, id: int, now: float) -> tuple[bool, str]:
        """What Ganeti answers: whether it helped, and a sentence."""
        job = self.jobs.get(id)
        if job is None or final(job):
            return True, f"Job {id} has been already dead"
        if job.phase == "queued":
            self._end(job, CANCELED, None, now)
            return True, f"Dequeued job {id}"
        if job.op.status == RUNNING:
            return False, "Job no longer waiting, can't cancel (informed it anyway)"
        for op in _unfinished(job):
            op.status = CANCELING
        self._write(job, by_process=True)
        self._leave_lock(job, now)
        self._end(job, CANCELED, _CANCELED, now)
        return True, "Job successfully cancelled"

    def next_due(self) -> float | None:
        """When something happens by itself."""
        while self._agenda:
            due, id = self._agenda[0]
            job = self.jobs.get(id)
            if job and job.due == due:
                return due
            heapq.heappop(self._agenda)
        return None

    def go_on(self, due: float) -> None:
        """Carry out what :meth:`next_due` announced."""
        _, id = heapq.heappop(self._agenda)
        job = self.jobs[id]
        job.due = None
        {"starting": self._wait, "checking": self._begin, "running": self._work}[job.phase](job, due)

    def hooks_done(self, id: int, results: Iterable[HookResult], now: float) -> None:
        """A job's hooks have run: failures are told, the job is a success all the same."""
        job = self.jobs.get(id)
        if job is None or job.phase != "hooks":
            return
        for one in results:
            if not one.ok:
                where = self._world.uuid_of(one.node)
                log(job, f" - WARNING: On {where} script {one.script} failed, output: {one.output}", now)
                self._write(job, by_process=True)
        self._finish(job, SUCCESS, job.op.result, now)

    def export_done(self, id: int, *, told: bool, now: float) -> None:
        """What a job had to have done outside is done, or has failed: then it fails at its end, when all is as it was."""
        job = self.jobs.get(id)
        if job is None or job.phase != "asking":
            return
        asked, *rest = job.steps
        *steps, last = [msgspec.structs.replace(step, at=step.at + now - asked.at) for step in rest]
        job.steps = [*steps, last if told else msgspec.structs.replace(last, fails=FAILED)]
        self._plan(job, "running", job.steps[0].at)

    def archive(self, before: float) -> list[int]:
        """Put away what had ended by then. Returns the ids."""
        old = [job for job in self.jobs.values() if job.ended is not None and job.ended <= before]
        for job in old:
            del self.jobs[job.id]
            self._world.changes.jobs.pop(job.id, None)
            self._world.changes.archived[job.id] = job
        return [job.id for job in old]

    def resume(self, jobs: Iterable[Job]) -> None:
        """Go on with stored jobs where they were."""
        self.jobs = {job.id: job for job in sorted(jobs, key=lambda one: one.id)}
        self._queued = {job.id: None for job in self.jobs.values() if job.phase == "queued"}
        begun = [job for job in self.jobs.values() if job.phase not in {"queued", "done"}]
        for job in sorted(begun, key=lambda one: (one.phase == "waiting", one.op.start_timestamp or [])):
            self._resume(job)

    def bury(self, now: float) -> None:
        """The processes of all jobs have died: the queue notices and fails what they were doing."""
        for id in sorted(self._working):
            job = self.jobs[id]
            said = ["gnt:daemon:luxid:deathdetection", f"detected death of job {id}", round(now * 1_000_000) * 1000]
            for op in _unfinished(job):
                op.input["reason"].append(said)
            self._leave_lock(job, now)
            self._end(job, ERROR, None, now)

    # The stations of a job

    def _dispatch(self, now: float) -> None:
        for id in list(self._queued):
            if len(self._working) >= self._world.settings.max_running:
                return
            if self._ready(self.jobs[id]):
                self._start(self.jobs[id], now)

    def _ready(self, job: Job) -> bool:
        others = (self.jobs.get(one) for one, _ in job.ops[0].input["depends"] or () if one != job.id)
        return all(other is None or final(other) for other in others)

    def _start(self, job: Job, now: float) -> None:
        """The queue's daemon starts a process for it."""
        del self._queued[job.id]
        self._working.add(job.id)
        self._write(job)
        job.livelock = f"{_LIVELOCKS}/job_{job.id:06d}_{int(now)}"
        job.process_id = _FIRST_PID + job.id
        self._write(job)
        self._plan(job, "starting", now + self._world.settings.pace.process(self._world.chance))

    def _wait(self, job: Job, now: float) -> None:
        """The process runs and wants its lock."""
        op = job.op
        instance = self._world.instances.get(op.input.get("instance_name") or "")
        op.input = picked_up(op.input, instance.uuid if instance else None, self._world.settings.version)
        op.status, op.start_timestamp = WAITING, stamp(now)
        job.started = job.started or now
        self._write(job, by_process=True)
        wrong = self._dependency(job)
        if wrong:
            self._end(job, *wrong, now)
        elif self._locks.take(operation_of(op).lock(op.input), job.id):
            self._plan(job, "checking", now + self._world.settings.pace.locks(self._world.chance))
        else:
            self._plan(job, "waiting", None)

    def _dependency(self, job: Job) -> tuple[str, Any] | None:
        """How the job ends because of another one: status and result. None when nothing is in the way."""
        for id, wanted in job.op.input["depends"] or ():
            other = None if id == job.id else self.find(id)
            got = status(other) if other else ""
            if not other:
                return ERROR, ["OpExecError", [f"Dependency error: Job {id} lost"]]
            if got == CANCELED and CANCELED not in wanted:
                return CANCELED, _CANCELED
            if wanted and got not in wanted:
                asked = ", ".join(wanted)
                said = f"Dependency job {id} finished with status '{got}', not one of '{asked}' as required"
                return ERROR, ["OpExecError", [said]]
        return None

    def _begin(self, job: Job, now: float) -> None:
        """The lock is there: check, and work."""
        op = job.op
        try:
            operation_of(op).check(self._world, op.input)
            op.status, op.exec_timestamp = RUNNING, stamp(now)
            self._write(job, by_process=True)
            job.steps = planned(self._world, op, now)
        except OpError as error:
            self._finish(job, ERROR, error.result, now)
            return
        hook = operation_of(op).hook
        job.before = environments.described(self._world, hook, op.input) if self._hooked(job) else {}
        self._plan(job, "running", job.steps[0].at)

    def _work(self, job: Job, now: float) -> None:
        if job.steps[0].asks and self._world.settings.exports:
            self._plan(job, "asking", None)
            self.exports.append(called(self._world, job.id, job.op.input))
            return
        try:
            said = carried_out(self._world, job, job.steps.pop(0))
        except OpError as error:
            self._finish(job, ERROR, error.result, now)
            return
        if said:
            self._write(job, by_process=True)
        if job.steps:
            self._plan(job, "running", job.steps[0].at)
        elif self._hooked(job):
            self._plan(job, "hooks", None)
            self._call_hooks(job)
        else:
            self._finish(job, SUCCESS, job.op.result, now)

    def _hooked(self, job: Job) -> bool:
        given = job.op.input
        return self._world.settings.hooks and bool(operation_of(job.op).hook) and not given["dry_run"]

    def _call_hooks(self, job: Job) -> None:
        path, given = operation_of(job.op).hook, job.op.input
        nodes = environments.nodes(self._world, job.before, given)
        told = environments.environment(self._world, path, given, job.before)
        self.hooks.append(HookCall(job=job.id, path=path, nodes=nodes, environment=told))

    def _finish(self, job: Job, how: str, result: Any, now: float) -> None:
        """The opcode at work has ended; the next one follows, or the job ends."""
        self._leave_lock(job, now)
        if how != SUCCESS or job.index + 1 == len(job.ops):
            self._end(job, how, result, now)
            return
        job.op.status, job.op.result, job.op.end_timestamp = how, result, stamp(now)
        self._write(job, by_process=True)
        job.index += 1
        self._wait(job, now)

    def _end(self, job: Job, how: str, result: Any, now: float) -> None:
        """The job has ended; opcodes that had not begun end with it."""
        by_process = job.phase != "queued"
        unfinished = _unfinished(job)
        for op in unfinished:
            op.status, op.end_timestamp = how, stamp(now)
            op.result = result
        if how == ERROR and result is not None:
            for op in unfinished[1:]:
                op.result = ["OpExecError", ["Preceding opcode failed"]]
        job.ended, job.steps, job.before = now, [], {}
        self._queued.pop(job.id, None)
        self._working.discard(job.id)
        self._plan(job, "done", None)
        self._write(job, by_process=by_process)
        self._dispatch(now)

    def _leave_lock(self, job: Job, now: float) -> None:
        """Only what has taken a lock, or stands in line, gives it back."""
        if job.phase not in {"waiting", "checking", "running", "asking", "hooks"}:
            return
        heir = self._locks.leave(operation_of(job.op).lock(job.op.input), job.id)
        if heir is not None:
            self._plan(self.jobs[heir], "checking", now + self._world.settings.pace.locks(self._world.chance))

    def _resume(self, job: Job) -> None:
        self._working.add(job.id)
        if job.phase != "starting":
            self._locks.take(operation_of(job.op).lock(job.op.input), job.id)
        if job.due is not None:
            heapq.heappush(self._agenda, (job.due, job.id))
        if job.phase == "hooks":
            self._call_hooks(job)
        if job.phase == "asking":
            self.exports.append(called(self._world, job.id, job.op.input))

    def _plan(self, job: Job, phase: str, due: float | None) -> None:
        job.phase, job.due = phase, due
        self._world.changes.jobs[job.id] = job
        if due is not None:
            heapq.heappush(self._agenda, (due, job.id))

    def _write(self, job: Job, *, by_process: bool = False) -> None:
        self._world.changes.jobs[job.id] = job
        self.written.append(Written(job.id, document(job), by_process))


def _unfinished(job: Job) -> list[Op]:
    return [op for op in job.ops if op.status not in FINAL]
