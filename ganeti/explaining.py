"""Why a job has failed that has not failed by itself: what the one said whose success it needed.

Pure, but for ``find``, which reads other jobs. Used wherever a job is read that somebody is to be told of: by the event daemon
and by the looks of ``logic.backends.ganeti_looking``.
"""

from collections.abc import Callable

import msgspec

from ganeti.jobfile import Job
from ganeti.vocabulary import ERROR, failed_by


def explained(job: Job, find: Callable[[int], Job | None]) -> Job:
    """The same, and where an operation failed because another job had failed whose success it needed, it tells what that one
    told. ``find`` knows the others. Its error's code stays: what the other's means, it means of what that was to do."""
    if not any(failed_by(op.error) for op in job.ops):
        return job
    ops = tuple(msgspec.structs.replace(op, error=_cause(op.error, job.id, find)) for op in job.ops)
    return msgspec.structs.replace(job, ops=ops)


def _cause(error: str, before: int, find: Callable[[int], Job | None]) -> str:
    """The first failure of a chain of jobs. Each needs one that was there before it."""
    while 0 < (number := failed_by(error)) < before:
        other = find(number)
        told = [op.error for op in other.ops if op.status == ERROR and op.error] if other else []
        if not told:
            return error
        error, before = told[0], number
    return error
