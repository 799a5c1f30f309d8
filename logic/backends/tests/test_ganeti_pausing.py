"""Who is paused, by the word of the nodes: what one does not say is left open, and no look waits long for the silent ones."""

import pytest

from ganeti.nodes import Nodes
from ganeti.transport import NotSent, RapiResponse
from logic.backends.ganeti_pausing import WAITED_FOR, Tellers

NAMES = [f"node{number}" for number in range(1, 9)]


class Cluster:
    """Its nodes; ``says`` has the answers of those that do, ``asked`` who was."""

    def __init__(self, **says):
        self.says, self.asked = says, []
        self.tellers = Tellers(Nodes(lambda name: Node(self, name)))

    def heard(self, names):
        self.asked = []
        found = self.tellers.heard(names)
        return sorted(found.paused), sorted(found.silent)


class Node:
    def __init__(self, cluster, name):
        self._cluster, self._name = cluster, name

    def send(self, request):
        self._cluster.asked.append(self._name)
        if self._name not in self._cluster.says:
            raise NotSent("nobody is there")
        status, body = self._cluster.says[self._name]
        return RapiResponse(status=status, body=body)


def test_each_node_is_asked_once_and_all_is_put_together():
    cluster = Cluster(a=(200, b"uuid-1\nuuid-2\n"), b=(200, b""), c=(200, b"uuid-3\n"))
    assert cluster.heard(["c", "a", "b", "a"]) == (["uuid-1", "uuid-2", "uuid-3"], [])
    assert cluster.asked == ["a", "b", "c"]


@pytest.mark.parametrize("says", [{}, {"a": (404, b"")}, {"a": (401, b"")}, {"a": (500, b"uuid-1\n")}])
def test_one_that_cannot_say_is_silent(says):
    assert Cluster(b=(200, b"uuid-2\n"), **says).heard(["a", "b"]) == (["uuid-2"], ["a"])


def test_a_look_waits_for_a_few_and_the_next_asks_the_others_first():
    last = NAMES[-1]
    cluster = Cluster(**{last: (200, b"uuid-8\n")})
    assert cluster.heard(NAMES) == ([], NAMES)
    assert len(cluster.asked) == WAITED_FOR
    cluster.says |= dict.fromkeys(NAMES[WAITED_FOR:-1], (200, b""))
    heard = [cluster.heard([*NAMES[:2], last]) for _ in range(2)]
    assert heard == [(["uuid-8"], NAMES[:2])] * 2
    assert cluster.asked == [last, *NAMES[:2]]
