"""Having an instance run on another node of its cluster: while it runs (a migration), or stopped and started there (a failover).

Called by ``ganeti_ordering``; blocks. Which node that is, the cluster says: with mirrored disks the one that has the other half,
with disks that all nodes reach the one that its allocator chooses.
"""

from functools import partial

from ganeti.rapi import RapiClient
from ganeti.vocabulary import GIVEN_UP, OP_FAILOVER, OP_SHUTDOWN, reason_of
from logic.backends import ganeti_chaining as chaining
from logic.backends.ganeti_chaining import Step
from logic.errors import Rejected
from logic.messages.commands import MoveServer


def order(client: RapiClient, command: MoveServer, depends: tuple[int, ...]) -> int:
    """The last job. Raises ``Rejected`` for one whose node is to be lost and is not."""
    name, reason = command.instance, reason_of(command.id)
    if command.live:
        return client.migrate(name, reason=reason, depends=depends)
    if command.lost and client.instance(name).status not in GIVEN_UP:
        raise Rejected("its node is in use: an operator has to mark that offline first", code="in-use")
    failover = partial(client.failover, name, shutdown_timeout=command.timeout)
    if command.start:
        return failover(reason=reason, depends=depends)
    steps = (Step(OP_SHUTDOWN, partial(client.put_down, name)), Step(OP_FAILOVER, failover))
    return chaining.order(client, command, steps, depends)
