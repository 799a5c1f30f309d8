"""The forms of the cloud that the walks of this package go through, by name, each made anew when it is entered.

``embedded`` is ``make run``'s one process; ``parts`` the deployed cloud on the simulator; ``ganeti`` the same on a real Ganeti,
all of it set up by README.deploy's own blocks. Called by the tests of clients and by ``__main__``.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from synnefo.testing.clients.deployed import DeployedCloud
from synnefo.testing.embedded import EmbeddedCloud
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.whole import Whole
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.rabbitmq import RabbitServer

Cloud = EmbeddedCloud | DeployedCloud | Whole
CAN: Final[Mapping[str, frozenset[str]]] = {  # of what not every one can; a walk leaves out what its cloud cannot
    # What guests said on their consoles is told, what they wrote on their disks is brought, and they are paused.
    "embedded": frozenset({"logs", "exports", "pauses"}),
    "parts": frozenset(),  # simulated nodes are nowhere that anybody could ask
    "ganeti": frozenset({"logs", "exports", "pauses", "boots"}),  # its guests are no names alone
}


@contextmanager
def embedded() -> Iterator[Cloud]:
    with EmbeddedCloud() as made:
        yield made


@contextmanager
def parts() -> Iterator[Cloud]:
    with PostgresServer() as database, RabbitServer() as rabbit, DeployedCloud(database, rabbit) as made:
        yield made


@contextmanager
def ganeti() -> Iterator[Cloud]:
    with Lab() as lab, Whole(lab) as made:
        yield made


FORMS: Final[Mapping[str, Callable[[], AbstractContextManager[Cloud]]]] = {
    "embedded": embedded,
    "parts": parts,
    "ganeti": ganeti,
}
