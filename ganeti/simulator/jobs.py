"""A job as others see it: its file in the queue directory, its RAPI object, its status and summary. Pure."""

from typing import Any, Final

import msgspec

from ganeti.simulator.model import Job, Op, Stamp
from ganeti.vocabulary import CANCELED, CANCELING, ERROR, FINAL, QUEUED, RUNNING, SUCCESS, WAITING

BULK_FIELDS: Final = ("id", "ops", "status", "summary", "opstatus", "received_ts", "start_ts", "end_ts")
FIELDS: Final = (*BULK_FIELDS, "oplog", "opresult")

NULLS: Final = frozenset({"depends", "comment"})  # parameters that are told though nobody gave them

_NO_SUMMARY: Final = frozenset({"OP_INSTANCE_RENAME", "OP_TAGS_SET", "OP_TAGS_DEL"})


def stamp(at: float) -> Stamp:
    """Seconds since 1970 as ``[seconds, microseconds]``."""
    return list(divmod(round(at * 1_000_000), 1_000_000))


def status(job: Job) -> str:
    """A job has no status of its own: success when all opcodes have it, else what the first unfinished one tells."""
    found = QUEUED
    for op in job.ops:
        if op.status in {ERROR, CANCELED, CANCELING}:
            return op.status
        if op.status in {WAITING, RUNNING}:
            found = op.status
    return SUCCESS if all(op.status == SUCCESS for op in job.ops) else found


def final(job: Job) -> bool:
    return status(job) in FINAL


def trail(resource: str, reason: str, at: float) -> list[list[Any]]:
    """What RAPI writes into the reason trail: the caller's own words, if any, then the resource that was called."""
    nanoseconds = round(at * 1_000_000) * 1000
    said = [["gnt:user", reason, nanoseconds]] if reason else []
    return [*said, [f"gnt:library:rlib2:{resource}", "", nanoseconds]]


def taken(op: dict[str, Any], job: int, index: int, at: float) -> None:
    """What the queue adds to the trail of each opcode it takes."""
    source = "gnt:opcode:" + op["OP_ID"].removeprefix("OP_").lower()
    op["reason"].append([source, f"job={job};index={index}", round(at * 1_000_000) * 1000])


def summary(op: Op) -> str:
    """``INSTANCE_CREATE(web1.example.com)``; some opcodes have no object."""
    opcode = op.input["OP_ID"]
    short = str(opcode).removeprefix("OP_")
    about = op.input.get("instance_name") or op.input.get("network_name")
    return short if opcode in _NO_SUMMARY or not about else f"{short}({about})"


def document(job: Job) -> bytes:
    """The job file. Before a process has it there is neither livelock nor process id."""
    found: dict[str, Any] = {
        "id": job.id,
        "ops": [msgspec.structs.asdict(op) | {"input": _told(op)} for op in job.ops],
        "start_timestamp": _moment(job.started),
        "end_timestamp": _moment(job.ended),
        "received_timestamp": stamp(job.received),
    }
    if job.livelock:
        found["livelock"] = job.livelock
    if job.process_id:
        found["process_id"] = job.process_id
    return msgspec.json.encode(found)


def view(job: Job | None, number: int, fields: tuple[str, ...]) -> dict[str, Any]:
    """A RAPI job object; of an unknown job every field but its number is null (observed: with status 200)."""
    if job is None:
        return {field: number if field == "id" else None for field in fields}
    return {field: _field(job, field) for field in fields}


def _field(job: Job, field: str) -> Any:
    match field:
        case "id":
            return job.id
        case "status":
            return status(job)
        case "received_ts" | "start_ts" | "end_ts":
            return _moment({"received_ts": job.received, "start_ts": job.started, "end_ts": job.ended}[field])
    return [_op_field(op, field) for op in job.ops]


def _op_field(op: Op, field: str) -> Any:
    columns = {"ops": _told(op), "opstatus": op.status, "opresult": op.result, "oplog": op.log}
    return summary(op) if field == "summary" else columns.get(field)


def _told(op: Op) -> dict[str, Any]:
    """Its parameters. Those that nobody gave and that have no default are not there, but for two (observed)."""
    return {name: value for name, value in op.input.items() if value is not None or name in NULLS}


def _moment(at: float | None) -> Stamp | None:
    return None if at is None else stamp(at)
