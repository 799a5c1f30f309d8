"""Job files and RAPI's job objects → one typed :class:`Job` → the observations they amount to. Pure.

Called by ``eventd`` with the bytes of ``queue/job-<N>``, and by ``rapi`` with ``/2/jobs``. The file has no status of
its own: it is derived from its operations. Whatever does not fit raises :class:`logic.errors.Malformed`, nothing else.
"""

import re
from typing import Annotated, Any

import msgspec

from ganeti.vocabulary import (
    CANCELED,
    CANCELING,
    ERROR,
    FINAL,
    OP_GROW_DISK,
    OP_SET_PARAMS,
    QUEUED,
    RUNNING,
    STATUSES,
    SUCCESS,
    WAITING,
    command_in,
    part_in,
)
from logic import decoding
from logic.errors import Malformed
from logic.messages.observations import JobChanged

MAX_BYTES = 16 * 1024 * 1024
_PAIR = 2
# Why a running guest did not see a change, by what Ganeti's log then says: its own words, or those of QEMU's protocol
_NOT_SEEN = {
    "should have been removed but is still there": "held",
    "is already in the process of unplug": "held",
    "(DeviceNotFound)": "absent",
}
LONGEST = 2000  # characters of a log message or an error that travel
_OBJECTS = re.compile(r" ?\{'.*\}", re.DOTALL)

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Stamp = tuple[Count, Count]  # seconds and microseconds since 1970
Log = tuple[tuple[Count, Stamp, str, Any], ...]


class Op(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a job. Times are seconds since 1970, 0 when it has not come to that. ``part`` is the command that it
    prepares; ``depends`` are jobs that have to be over before it; ``hotplug`` what came of changing a device of a running guest:
    ``done``, ``held`` (it still has a device that it was asked to let go of), ``absent`` (it knows no such device), ``failed``
    for another reason, or empty when nobody tried; ``on_disk`` the verb of a change of the instance's disks."""

    opcode: str
    status: str
    instance: str = ""
    instance_uuid: str = ""
    network: str = ""
    command: str = ""
    part: str = ""
    depends: tuple[int, ...] = ()
    hotplug: str = ""
    on_disk: str = ""
    origin: str = ""
    dry_run: bool = False
    start: bool = True
    log_serial: int = 0
    message: str = ""
    error: str = ""
    error_code: str = ""
    started: float = 0.0
    executed: float = 0.0
    ended: float = 0.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job of any kind; ``ops`` in order of execution."""

    id: int
    ops: tuple[Op, ...]
    received: float = 0.0
    ended: float = 0.0

    @property
    def status(self) -> str:
        """Of the whole job, as Ganeti derives it: one failed operation fails it, and it succeeds when all have."""
        decided = QUEUED
        for op in self.ops:
            if op.status in {ERROR, CANCELED, CANCELING}:
                return op.status
            if op.status in {WAITING, RUNNING}:
                decided = op.status
        return SUCCESS if all(op.status == SUCCESS for op in self.ops) else decided

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def commands(self) -> frozenset[str]:
        """Ids of our commands in the reason trails."""
        return frozenset(op.command for op in self.ops if op.command)

    @property
    def parts(self) -> frozenset[str]:
        """Ids of our commands that it prepares."""
        return frozenset(op.part for op in self.ops if op.part)


class _FileOp(msgspec.Struct):
    input: dict[str, Any]
    status: str
    result: Any = None
    log: Log = ()
    start_timestamp: Stamp | None = None
    exec_timestamp: Stamp | None = None
    end_timestamp: Stamp | None = None


class _File(msgspec.Struct):
    id: Count
    ops: tuple[_FileOp, ...]
    received_timestamp: Stamp | None = None
    end_timestamp: Stamp | None = None


class RapiJob(msgspec.Struct):
    """A job as RAPI gives it. Parallel lists; a bulk answer has no ``opresult`` and ``oplog``; an unknown job is all
    null."""

    id: Count | None = None
    ops: tuple[dict[str, Any], ...] | None = None
    opstatus: tuple[str, ...] | None = None
    opresult: tuple[Any, ...] | None = None
    oplog: tuple[Log, ...] | None = None
    received_ts: Stamp | None = None
    start_ts: Stamp | None = None
    end_ts: Stamp | None = None


_file = decoding.decoder(_File)


def parse(raw: bytes) -> Job:
    """The bytes of a job file. Raises :class:`Malformed`."""
    if len(raw) > MAX_BYTES:
        raise Malformed(f"job file of {len(raw)} bytes is over the limit of {MAX_BYTES}")
    try:
        found = _file.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a job file: {error}") from error
    ops = tuple(
        _op(one.input, one.status, one.result, one.log, (one.start_timestamp, one.exec_timestamp, one.end_timestamp))
        for one in found.ops
    )
    return _job(found.id, ops, found.received_timestamp, found.end_timestamp)


def from_rapi(found: RapiJob) -> Job | None:
    """A job object of RAPI; None when the cluster does not know the job. Raises :class:`Malformed`."""
    if found.id is None or found.ops is None or found.opstatus is None:
        return None
    count = len(found.ops)
    results, logs = found.opresult or (None,) * count, found.oplog or ((),) * count
    if not len(found.opstatus) == len(results) == len(logs) == count:
        raise Malformed(f"job {found.id} has {count} operations, but not as many statuses, results and logs")
    times = (found.start_ts, found.start_ts, found.end_ts)
    parts = zip(found.ops, found.opstatus, results, logs, strict=True)
    return _job(found.id, tuple(_op(*part, times) for part in parts), found.received_ts, found.end_ts)


def observations(job: Job, cluster: str, incarnation: str) -> list[JobChanged]:
    """What a job tells: one observation for each operation that concerns an instance or is a command of ours. One that only
    prepares a command's own tells nothing: nobody outside has asked for it, and what it has done is that command's affair. That
    a disk has grown is told, and no command's: that stays so, whatever becomes of the command."""
    told = [
        index for index, op in enumerate(job.ops) if op.command or (op.instance and (not op.part or _has_grown(op)))
    ]
    return [_observation(job, index, cluster, incarnation) for index in told]


def _has_grown(op: Op) -> bool:
    return op.opcode == OP_GROW_DISK and op.status == SUCCESS


def _observation(job: Job, index: int, cluster: str, incarnation: str) -> JobChanged:
    op = job.ops[index]
    return JobChanged(
        cluster=cluster,
        incarnation=incarnation,
        job=job.id,
        op=index,
        opcode=op.opcode,
        status=op.status,
        instance=op.instance,
        instance_uuid=op.instance_uuid,
        command=op.command,
        origin=op.origin,
        log_serial=op.log_serial,
        message=op.message,
        error_code=op.error_code,
        error=op.error,
        dry_run=op.dry_run,
        start=op.start,
        at=_at(job, op),
    )


def _at(job: Job, op: Op) -> float:
    """When the operation came to its status."""
    if op.status in FINAL:
        return op.ended or job.ended
    return {QUEUED: job.received, RUNNING: op.executed}.get(op.status, op.started) or op.started or job.received


def _job(id: int, ops: tuple[Op, ...], received: Stamp | None, ended: Stamp | None) -> Job:
    if not ops:
        raise Malformed(f"job {id} has no operations")
    return Job(id=id, ops=ops, received=_seconds(received), ended=_seconds(ended))


Times = tuple[Stamp | None, Stamp | None, Stamp | None]


def _op(given: dict[str, Any], status: str, result: Any, log: Log, times: Times) -> Op:
    """``given`` is the opcode's input; ``times`` are start, execution and end."""
    if status not in STATUSES:
        raise Malformed(f"unknown status {status[:50]!r} of an operation")
    started, executed, ended = map(_seconds, times)
    serial, message = _last(log)
    error, code = _failure(result) if status == ERROR else ("", "")
    trail = given.get("reason")
    return Op(
        opcode=_text(given, "OP_ID"),
        status=status,
        instance=_text(given, "instance_name"),
        instance_uuid=_text(given, "instance_uuid"),
        network=_text(given, "network_name"),
        command=command_in(trail),
        part=part_in(trail),
        depends=_depends(given),
        hotplug=_hotplug(result, log) if status == SUCCESS else "",
        on_disk=_on_disk(given),
        origin=_origin(trail),
        dry_run=given.get("dry_run") is True,
        start=given.get("start") is not False,
        log_serial=serial,
        message=message,
        error=error,
        error_code=code,
        started=started,
        executed=executed,
        ended=ended,
    )


def _depends(given: dict[str, Any]) -> tuple[int, ...]:
    """Of ``[[job, [statuses…]], …]``."""
    told = given.get("depends")
    pairs = [one for one in told if isinstance(one, list) and one] if isinstance(told, list) else []
    return tuple(one[0] for one in pairs if type(one[0]) is int and one[0] > 0)


def _text(given: dict[str, Any], name: str) -> str:
    """A string of the input; empty when it is absent, null, or no name at all."""
    value = given.get(name)
    return value if isinstance(value, str) and len(value) <= 255 else ""  # noqa: PLR2004 - a host name's length


def _seconds(stamp: Stamp | None) -> float:
    return stamp[0] + stamp[1] / 1_000_000 if stamp else 0.0


def _last(log: Log) -> tuple[int, str]:
    """Serial and text of the newest log entry; the text is empty when the entry is for machines."""
    if not log:
        return 0, ""
    serial, _, _, message = log[-1]
    return serial, message.strip()[:LONGEST] if isinstance(message, str) else ""


def _origin(trail: Any) -> str:
    """The first source of a reason trail: who asked (``gnt:user``, ``gnt:watcher``, ``gnt:client:gnt-instance``)."""
    first = trail[0] if isinstance(trail, list) and trail else None
    source = first[0] if isinstance(first, list) and first else ""
    return source[:LONGEST] if isinstance(source, str) else ""


def _plain(text: str) -> str:
    """Without the objects that Ganeti prints into some sentences whole: the node group whose policy forbids a size."""
    return _OBJECTS.sub("", text)


def _failure(result: Any) -> tuple[str, str]:
    """Text and code of an error result. Ganeti gives ``[class, arguments]``; the arguments are ``[text, code]`` for a
    refused operation, ``[text]`` for a failed one, and nodes with their scripts for a hook's veto. Without a code of
    its own, the class is the code."""
    match result:
        case [str(kind), [str(text), str(code), *_]]:
            return _plain(text)[:LONGEST], code[:LONGEST]
        case ["HooksAbort", [[*failed], *_]]:
            return _vetoes(failed)[:LONGEST], "HooksAbort"
        case [str(kind), [str(text), *_]]:
            return _plain(text)[:LONGEST], kind[:LONGEST]
        case [str(kind), *_]:
            return kind[:LONGEST], kind[:LONGEST]
        case str(text):
            return text[:LONGEST], ""
    return "the operation failed without a reason", ""


def _hotplug(result: Any, log: Log) -> str:
    """A modification's result has a pair for each thing changed, and one more for each device that the guest was to see. Why that
    has failed stands in the log."""
    told = [one[1] for one in result if isinstance(one, list) and len(one) == _PAIR] if isinstance(result, list) else []
    found = {text.removeprefix("hotplug:") for text in told if isinstance(text, str) and text.startswith("hotplug:")}
    if "failed" not in found:
        return next(iter(found), "")
    said = " ".join(one[3] for one in log if isinstance(one[3], str))
    return next((word for text, word in _NOT_SEEN.items() if text in said), "failed")


def _on_disk(given: dict[str, Any]) -> str:
    """Of ``[[verb, which, parameters], …]``; the disks that an instance is made with are objects."""
    match given.get("disks"):
        case [[str(verb), *_], *_] if given.get("OP_ID") == OP_SET_PARAMS:
            return verb[:LONGEST]
    return ""


def _vetoes(failed: list[Any]) -> str:
    """``[[node uuid, script, output], …]`` → ``script: output; …``."""
    return "; ".join(f"{one[1]}: {one[2]}" for one in failed if isinstance(one, list) and len(one) > 2)  # noqa: PLR2004
