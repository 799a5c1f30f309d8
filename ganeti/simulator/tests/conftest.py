"""What the tests of the simulator start from."""

import pytest

from ganeti.simulator.tests.lab import Lab


@pytest.fixture
def lab():
    """An empty cluster with one node and one network."""
    return Lab()


@pytest.fixture
def one(lab):
    """A cluster with one running instance, web1."""
    lab.created()
    return lab
