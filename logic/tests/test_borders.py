"""Every border of the road has a failpoint: what publishes, submits, acknowledges, commits or touches the event daemon's
files is given to ``failpoints.wait``, ``failpoints.call`` or ``committing``, and so is in the matrix.
"""

import ast

import pytest

from logic.failpoints import NAMES
from logic.tests.house_rules import Module, modules

BORDERS = frozenset({"publish", "submit", "acknowledge", "unlink", "put", "_write"})
GUARDS = frozenset({"failpoints.wait", "failpoints.call"})
ROAD = ("logic/dispatcher/", "logic/reconcile/", "ganeti/", "synnefo/api/kernel/")
BESIDE_THE_ROAD = {
    "ganeti/simulator/": "another program: the cluster",
    "ganeti/osprovider/": "another program: it writes images, on the nodes",
    "ganeti/hook.py": "the standard library alone; what it leaves behind only asks for a look",
}
INSIDE = {
    ("ganeti/spool.py", "left.unlink"): "what a crash has left half-written",
    ("ganeti/spool.py", "self._write"): "a part of put",
}


def unguarded(module: Module):
    """Borders and transactions that pass no failpoint: their line and text."""
    tree = module.tree
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    guarded = {id(part) for call in calls if ast.unparse(call.func) in GUARDS for part in ast.walk(call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in BORDERS and id(node) not in guarded:
            yield node.lineno, ast.unparse(node)
    for call in calls:
        words = [ast.unparse(one) for one in (call.func, *call.args)]
        written = next((place for place, word in enumerate(words) if word.endswith("offload.write")), None)
        if written is not None and words[written + 1 : written + 2] != ["committing"]:
            yield call.lineno, ast.unparse(call)


def road():
    return [
        one
        for one in modules(tests=False)
        if one.path.startswith(ROAD) and not one.path.startswith(tuple(BESIDE_THE_ROAD))
    ]


def test_every_border_of_the_road_passes_a_failpoint():
    found = [
        (one.path, line, text) for one in road() for line, text in unguarded(one) if (one.path, text) not in INSIDE
    ]
    assert not found, "\n".join(["docs/failpoints.md says how these get one:", *(f"{one}" for one in found)])


def test_no_exception_outlives_its_need():
    assert {(one.path, text) for one in road() for _, text in unguarded(one)} >= set(INSIDE)


@pytest.mark.parametrize(
    "text",
    [
        "await publisher.publish(key, body)",
        "await backend.submit(command)",
        "await consumer.acknowledge(last)",
        "step = functools.partial(consumer.acknowledge, last)",
        "await self._offload.write(fold)",
        "work = functools.partial(offload.write, apply_all, envelopes)",
        "path.unlink()",
        "self._spool.put(messages)",
    ],
)
def test_a_border_without_one_is_found(text):
    assert list(unguarded(Module("logic/dispatcher/new.py", f"async def f():\n    {text}")))


@pytest.mark.parametrize(
    "text",
    [
        'await failpoints.wait("bus.publish", lambda: publisher.publish(key, body), BusDown)',
        'await self._offload.write(committing, "quota.commit", fold)',
        'work = functools.partial(offload.write, committing, "batch.commit", apply_all, envelopes)',
    ],
)
def test_one_with_a_failpoint_is_not(text):
    assert not list(unguarded(Module("logic/dispatcher/new.py", f"async def f():\n    {text}")))


def test_the_names_passed_are_the_names_there_are():
    passed = {
        node.value
        for one in modules(tests=False)
        if not one.path.startswith(("logic/failpoints.py", "synnefo/simulation/"))
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES
    }
    assert passed == set(NAMES)
