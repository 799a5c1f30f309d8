"""Why a job has failed that has not failed by itself: what the one said whose success it needed.

Pure, but for ``find``, which reads other jobs. Used wherever a job is read that somebody is to be told of: by the event daemon
and by the looks of ``logic.backends.ganeti_looking``.
"""

from collections.abc import Callable

import msgspec

from ganeti.jobfile import Job, Op
from ganeti.vocabulary import ERROR, UNMET, failed_by


def explained(job: Job, find: Callable[[int], Job | None]) -> Job:
    """The same, and where an operation failed because another job had failed whose success it needed, it tells what that one
    told. ``find`` knows the others. Its error has a code of its own: what the other's means, it means of what that was to do."""
    if not any(failed_by(op.error) for op in job.ops):
        return job
    return msgspec.structs.replace(job, ops=tuple(_explained(op, job.id, find) for op in job.ops))


def _explained(op: Op, number: int, find: Callable[[int], Job | None]) -> Op:
    if not failed_by(op.error):
        return op
    return msgspec.structs.replace(op, error=_cause(op.error, number, find), error_code=UNMET)


def _cause(error: str, before: int, find: Callable[[int], Job | None]) -> str:
    """The first failure of a chain of jobs. Each needs one that was there before it."""
    while 0 < (number := failed_by(error)) < before:
        other = find(number)
        told = [op.error for op in other.ops if op.status == ERROR and op.error] if other else []
        if not told:
            return error
        error, before = told[0], number
    return error
