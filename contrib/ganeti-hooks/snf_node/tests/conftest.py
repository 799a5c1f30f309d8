"""Nodes for the tests of this package: real taps in namespaces of their own."""

import pytest

from snf_node.tests import namespaces


@pytest.fixture(scope="session")
def may_have_namespaces():
    if why := namespaces.why_not():
        pytest.skip(why)
    namespaces.sweep()


@pytest.fixture
def node(may_have_namespaces, tmp_path):
    """A node with a bridge ``br0``."""
    made = namespaces.Node(tmp_path)
    yield made
    made.close()
