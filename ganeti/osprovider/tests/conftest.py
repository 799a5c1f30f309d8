"""A node, and servers that are gone when the test is."""

import pytest

from ganeti.osprovider.tests.machine import Machine, Server


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def serving():
    """Start a server of some files."""
    started = []

    def serve(**files):
        started.append(Server({name.replace("__", "."): body for name, body in files.items()}))
        return started[-1]

    yield serve
    for server in started:
        server.close()
