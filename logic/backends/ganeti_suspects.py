"""Guests that are down although nobody asked: of themselves, or because a job has them down for a moment?

A reboot or a failover by hand takes a guest down without asking it to be down, and what a cluster says of it meanwhile is what
it says of one that died. Called by ``ganeti_looking``, with what it has found. Blocks, and asks only when there are suspects.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from ganeti.rapi import RapiClient
from ganeti.replies import Instance, Work
from ganeti.vocabulary import FINAL, QUEUED, WAITING

NOT_BEGUN: Final = frozenset({QUEUED, WAITING})
Found = dict[str, Instance]


def asked_again(client: RapiClient, found: Found) -> tuple[Found, frozenset[str]]:
    """The instances, those that were down unasked as they are now, and the names of those of which that means nothing.

    The order makes it sure, without any clock: jobs, instances, jobs. What was over before, or had not begun after, was not
    at work in between; any other job may have been.
    """
    suspects = {name for name, one in found.items() if one.is_suspect}
    if not suspects:
        return found, frozenset()
    before = client.work()
    words = client.statuses()
    after = client.work()
    again = {name: replace(found[name], status=words.get(found[name].uuid, "")) for name in suspects}
    seen = found | {name: one for name, one in again.items() if one.status}
    return seen, frozenset(suspects & _worked_on(before, after))


def _worked_on(before: Mapping[int, Work], after: Mapping[int, Work]) -> set[str]:
    over = {number for number, job in before.items() if job.status in FINAL}
    waiting = {number for number, job in after.items() if job.status in NOT_BEGUN}
    jobs = {**before, **after}
    return set().union(*(job.about for number, job in jobs.items() if number not in over and number not in waiting))
