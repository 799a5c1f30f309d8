"""Who is dead, and who is only down for a job's sake: as far as a cluster's answers tell."""

import pytest

from ganeti.tests import samples
from ganeti.tests.recorded import InTurn
from logic.backends.tests.desk import INFO, INSTANCES, QUERIED_INSTANCES, QUERIED_JOBS, SNF7, adapter, target

MINE, OTHERS = ["INSTANCE_REBOOT(snf-7)"], ["INSTANCE_REBOOT(snf-8)"]


def down(word="ERROR_down", **changes):
    return samples.rapi_instance(status=word, **changes)


def jobs(*rows):
    return samples.rapi_query(*rows)


def answers(instance, before=(), after=(), *, now="ERROR_down", tells=False):
    """``before`` and ``after``: the lists of jobs; ``now``: the instance's word between them."""
    return {
        SNF7: instance,
        INSTANCES: [instance],
        INFO: samples.rapi_info(enabled_user_shutdown=tells),
        QUERIED_JOBS: [InTurn(jobs(*before)), InTurn(jobs(*after))],
        QUERIED_INSTANCES: samples.rapi_query((samples.INSTANCE_UUID, now), ("another", "running")),
    }


async def seen(found, **limits):
    backend, transport = adapter(found, **limits)
    (one,) = await backend.observe([target()])
    return one, [asked.path for asked in transport.asked]


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_guest_that_is_down_and_of_which_no_job_knows_is_dead(bulk):
    one, asked = await seen(answers(down()), single_targets=0 if bulk else 5)
    assert (one.status, one.why, one.busy) == ("crashed", "guest", False)
    assert [path for path in asked if "query" in path] == ["/2/query/job", "/2/query/instance", "/2/query/job"]


@pytest.mark.parametrize(
    ("before", "after", "busy"),
    [
        ([(4, "running", MINE)], [(4, "running", MINE)], True),
        (
            [(4, "running", MINE)],
            [(4, "success", MINE)],
            True,
        ),  # it was at work when the instance was read, or could be
        ([(4, "waiting", MINE)], [(4, "error", MINE)], True),
        ([(4, "waiting", MINE)], [], True),  # archived meanwhile
        ([], [(5, "running", MINE)], True),
        ([], [(5, "success", MINE)], True),  # came and went in between
        ([(4, "canceling", MINE)], [(4, "canceling", MINE)], True),
        ([(4, "success", MINE)], [(4, "success", MINE)], False),
        ([(4, "queued", MINE)], [(4, "waiting", MINE)], False),  # a job that has not begun has taken nobody down
        ([], [(5, "queued", MINE)], False),
        ([(4, "running", OTHERS)], [(4, "running", OTHERS)], False),
        ([(4, "running", [*OTHERS, *MINE])], [(4, "running", [*OTHERS, *MINE])], True),
    ],
)
async def test_it_is_not_dead_while_a_job_may_have_it_down(before, after, busy):
    one, _ = await seen(answers(down(), before, after))
    assert (one.status, one.busy) == ("crashed", busy)


async def test_one_that_runs_again_when_it_is_asked_again_is_not_dead():
    one, _ = await seen(answers(down(), now="running"))
    assert (one.status, one.why, one.busy) == ("running", "", False)


async def test_one_of_which_nothing_is_known_when_it_is_asked_again_is_as_it_was_said_to_be():
    found = answers(down()) | {QUERIED_INSTANCES: samples.rapi_query((samples.INSTANCE_UUID, None))}
    one, _ = await seen(found)
    assert one.status == "crashed"


@pytest.mark.parametrize(
    "instance",
    [samples.rapi_instance(), down("ADMIN_down", admin_state="down"), down("USER_down", admin_state="down")],
)
async def test_about_those_that_are_as_they_were_asked_to_be_nothing_more_is_asked(instance):
    one, asked = await seen(answers(instance))
    assert not one.busy
    assert not [path for path in asked if "query" in path]


@pytest.mark.parametrize(
    ("word", "tells", "parameters", "status", "why"),
    [
        ("USER_down", True, {"user_shutdown": True}, "stopped", "shutdown"),
        ("ERROR_down", True, {"user_shutdown": True}, "crashed", "crash"),
        ("ERROR_down", True, {"user_shutdown": False}, "crashed", "guest"),
        ("ERROR_down", True, {"migration_mode": "live"}, "crashed", "crash"),  # no KVM: it need not be told to
        ("ERROR_down", False, {"user_shutdown": True}, "crashed", "guest"),
        ("ERROR_nodeoffline", True, {}, "crashed", "node"),
        ("ERROR_nodedown", True, {}, "", "node"),  # overloaded or dead: nobody can say,
    ],
)
async def test_why_it_is_down_is_told_where_the_cluster_can(word, tells, parameters, status, why):
    one, _ = await seen(answers(down(word, hvparams=parameters), now=word, tells=tells))
    assert (one.status, one.why) == (status, why)


async def test_a_glance_is_one_question_and_says_of_each_how_it_is_if_anybody_can():
    words = {"u1": "running", "u2": "ADMIN_down", "u3": "ERROR_down", "u4": "USER_down", "u6": "ERROR_nodedown"}
    backend, transport = adapter({QUERIED_INSTANCES: samples.rapi_query(*words.items(), ("u5", None))})
    assert await backend.glance() == {"u1": "running", "u2": "stopped", "u3": "crashed", "u4": "stopped"}
    (asked,) = transport.asked
    assert asked.query == (("fields", "uuid,status"),)
