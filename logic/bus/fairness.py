"""How a batch is made up of several queues, so that a noisy cluster does not starve a quiet one. Pure.

Called by the consumers of both buses with what each queue has at hand.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Q = TypeVar("Q", bound=Hashable)


def shares(waiting: Mapping[Q, int], limit: int) -> dict[Q, int]:
    """How many to take of each queue, at most ``limit`` together: all queues get the same, and what one does not need is
    shared by the others. Who comes first in ``waiting`` is served first when there is not one for each."""
    given = dict.fromkeys(waiting, 0)
    hungry = [queue for queue, count in waiting.items() if count > 0]
    while limit > 0 and hungry:
        each = max(limit // len(hungry), 1)
        for queue in hungry:
            portion = min(each, waiting[queue] - given[queue], limit)
            given[queue] += portion
            limit -= portion
        hungry = [queue for queue in hungry if given[queue] < waiting[queue]]
    return {queue: count for queue, count in given.items() if count}
