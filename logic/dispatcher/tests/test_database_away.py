"""A database that is away for a moment is no fault of the command in hand: it is sent as soon as the database is back."""

import pytest
from django.db import OperationalError

from logic.backends.base import JobRef
from logic.dispatcher.workers import Workers
from logic.ledger.claiming import Claim
from logic.messages.commands import Sending, StopServer
from logic.messages.observations import Accepted
from logic.offload import Inline
from logic.testing.presences import Always


class Away:
    """Connections of a process whose database answers the second time; it is the backend, too."""

    def __init__(self):
        self.asked = 0

    async def get(self, _):
        self.asked += 1
        if self.asked == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return self

    async def submit(self, _):
        return JobRef(7)


@pytest.fixture
def claimed():
    sending = Sending(epoch=1, again=False, since=0, after=(), only_look=False)
    return Claim(command=StopServer(id="c", resource="s", instance="snf-1", sending=sending), backend="c1")


async def test_a_command_is_sent_when_the_database_is_back(claimed):
    away = Away()
    workers = Workers(Inline(), away, Always(), lease=60.0, poll=1.0)
    assert await workers._send(claimed) == Accepted(cluster="c1", command="c", epoch=1, job=7)
    assert away.asked == 2


class Lossy(Inline):
    """An offload whose first claim is made, and its answer lost."""

    def __init__(self):
        self.asked = []

    async def write(self, _, failpoint, work, *args, **options):
        if failpoint == "claim.commit":
            self.asked.append(options["mine"])
            if len(self.asked) == 1:
                raise OperationalError("server closed the connection unexpectedly")
        return []


async def test_after_a_claim_whose_answer_was_lost_the_next_says_what_the_worker_knows_of():
    offload = Lossy()
    workers = Workers(offload, Away(), Always(), lease=60.0, poll=1.0)
    await workers._round()
    await workers._round()
    assert offload.asked == [None, [], None]
