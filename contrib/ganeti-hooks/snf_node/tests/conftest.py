"""Nodes for the tests of this package: real taps in namespaces of their own."""

import subprocess

import pytest

from snf_node.tests import namespaces

TOLD = ["--nameservers", "192.0.2.53 2001:db8::53", "--domain", "example.org"]


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


@pytest.fixture
def server(node):
    """The address server of that node, serving: it has said so."""
    words = ["ip", "netns", "exec", node.name, str(namespaces.LAUNCHER.parent / "snf-leases"), *TOLD]
    running = subprocess.Popen(words, env=node.environment({}), stderr=subprocess.PIPE, text=True)
    assert "serving" in running.stderr.readline()
    yield running
    running.terminate()
    said = running.communicate(timeout=20)[1]
    assert (running.returncode, said) == (0, "")
