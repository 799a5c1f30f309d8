"""How an opcode works: its check, its script spread over time, its effects. No queue and no locks here.

Called by ``scheduling``. Failures are raised as ``OpError``; what an opcode says goes into its log.
"""

from typing import Any

from ganeti.simulator.errors import OpError
from ganeti.simulator.jobs import stamp
from ganeti.simulator.model import Job, Op, Step
from ganeti.simulator.operation import Operation
from ganeti.simulator.operations import OPERATIONS
from ganeti.simulator.world import World

_DRY_RUN = " - INFO: dry-run mode requested, not actually executing the operation"


def operation_of(op: Op) -> Operation:
    return OPERATIONS[op.input["OP_ID"]]


def planned(world: World, op: Op, now: float) -> list[Step]:
    """What an opcode that begins now will do, and when; the last step is its end. Raises ``OpError``."""
    opcode = op.input["OP_ID"]
    lines = operation_of(op).script(world, op.input)
    if op.input["dry_run"]:
        return [Step(now, message=_DRY_RUN)]
    duration = world.settings.pace.work(opcode, world.chance)
    share = duration / (len(lines) + 1)
    steps = [
        Step(now + share * (place + 1), message=line.message, effect=line.effect, asks=line.asks)
        for place, line in enumerate(lines)
    ]
    fault = world.faults.job(opcode, op.input.get("instance_name") or op.input.get("name") or "")
    if fault:
        place = world.faults.point(len(steps))
        return [*steps[:place], Step(steps[place].at, fails=fault.message)]
    return [*steps, Step(now + duration)]


def carried_out(world: World, job: Job, step: Step) -> bool:
    """Do one step of the opcode at work. Whether it said something. Raises ``OpError``."""
    op = job.op
    if step.fails:
        raise OpError(step.fails, kind="OpExecError")
    messages: tuple[str, ...] = ()
    if step.effect:
        outcome = operation_of(op).effects[step.effect](world, op.input, step.at)
        messages = outcome.messages
        op.result = op.result if outcome.result is None else outcome.result
    said = [one for one in (*messages, step.message) if one]
    for message in said:
        log(job, message, step.at)
    return bool(said)


def log(job: Job, message: str, now: float) -> None:
    """Serial numbers run through the whole job."""
    serial = 1 + sum(len(op.log) for op in job.ops)
    entry: list[Any] = [serial, stamp(now), "message", message]
    job.op.log.append(entry)
