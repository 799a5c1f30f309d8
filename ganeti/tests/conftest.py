"""What the tests of the event daemon start from."""

import pytest

from ganeti.tests.desk import World


@pytest.fixture
def world(tmp_path):
    """A master with an empty queue; nothing runs yet."""
    return World(tmp_path)
