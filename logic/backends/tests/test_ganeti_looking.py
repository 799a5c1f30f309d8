"""What the Ganeti adapter makes of a look: jobs first, then instances, whatever has become of them."""

import pytest

from ganeti.rapi import NotSent
from ganeti.tests import samples
from logic.backends import ganeti_looking
from logic.backends.tests.desk import INSTANCES, JOBS, SNF7, adapter, job_at, target
from logic.errors import Transient
from logic.messages.observations import InstanceSeen, JobChanged


async def test_a_look_tells_the_jobs_first_and_then_the_instance():
    job = samples.rapi_job(9, samples.op(status="error", result=["OpExecError", ["no memory"]]))
    backend, _ = adapter({job_at(9): job, SNF7: samples.rapi_instance(status="ADMIN_down")})
    told, seen = await backend.observe([target(jobs={9: samples.COMMAND})])
    assert isinstance(told, JobChanged)
    assert (told.status, told.error, told.command, told.incarnation) == (
        "error",
        "no memory",
        samples.COMMAND,
        samples.CLUSTER_UUID,
    )
    assert isinstance(seen, InstanceSeen)
    assert (seen.server, seen.version, seen.exists, seen.owner, seen.status) == (
        samples.SERVER,
        3,
        True,
        samples.SERVER,
        "stopped",
    )
    assert seen.nics[0].name == f"snf-nic-{samples.PORT}"


async def test_jobs_are_read_before_instances():
    backend, transport = adapter({job_at(9): samples.rapi_job(9), SNF7: samples.rapi_instance()})
    await backend.observe([target(jobs={9: samples.COMMAND})])
    paths = [one.path for one in transport.asked]
    assert paths.index("/2/jobs/9") < paths.index("/2/instances/snf-7")


async def test_an_instance_that_is_not_there_is_said_not_to_exist():
    backend, _ = adapter({})
    [seen] = await backend.observe([target()])
    assert (seen.exists, seen.server, seen.version, seen.status) == (False, samples.SERVER, 3, "")


@pytest.mark.parametrize("answer", [samples.rapi_unknown_job(), samples.rapi_job(9, samples.op(command="of-another"))])
async def test_a_job_that_is_unknown_or_now_somebody_elses_is_lost(answer):
    backend, _ = adapter({job_at(9): answer, SNF7: samples.rapi_instance()})
    told, _ = await backend.observe([target(jobs={9: samples.COMMAND})])
    assert (told.status, told.job, told.command, told.instance) == ("lost", 9, samples.COMMAND, "snf-7")


async def test_a_cluster_that_does_not_answer_tells_nothing():
    backend, _ = adapter({job_at(9): samples.rapi_job(9), SNF7: NotSent("refused")})
    with pytest.raises(Transient):
        await backend.observe([target(jobs={9: samples.COMMAND})])


async def test_many_servers_are_asked_about_at_once_and_the_answer_is_the_same():
    def answers(bulk):
        jobs = {
            9: samples.op(status="error", result=["OpPrereqError", ["why", "wrong_state"]]),
            10: samples.op("OP_INSTANCE_STARTUP", "running", instance="snf-8", command="c-8"),
        }
        found = {job_at(number): samples.rapi_job(number, op) for number, op in jobs.items()}
        found |= {job_at(11): samples.rapi_unknown_job()}
        names = {"snf-7": samples.SERVER, "snf-8": "s-8"}
        if bulk:
            found |= {JOBS: [samples.rapi_job(number, op, bulk=True) for number, op in jobs.items()]}
            found |= {INSTANCES: [samples.rapi_instance(name, server=server) for name, server in names.items()]}
        else:
            found |= {
                ("GET", f"/2/instances/{name}"): samples.rapi_instance(name, server=s) for name, s in names.items()
            }
        return found

    targets = [
        target(jobs={9: samples.COMMAND}),
        target("s-8", "snf-8", 1, {10: "c-8", 11: "c-11"}),
        target("s-9", "snf-9", 1),
    ]
    single, _ = adapter(answers(bulk=False), single_targets=5)
    many, transport = adapter(answers(bulk=True), single_targets=1)
    assert await many.observe(targets) == await single.observe(targets)
    assert [one.path for one in transport.asked].count("/2/instances") == 1


async def test_a_look_at_the_whole_cluster_finds_what_was_not_asked_about_ours_or_not():
    instances = [
        samples.rapi_instance("snf-7"),
        samples.rapi_instance("snf-8", server=""),
        samples.rapi_instance("renamed", server="s-9"),
        samples.rapi_instance("db.example.org", server=""),
    ]
    backend, _ = adapter({INSTANCES: instances})
    _, *others = await backend.observe([target()], whole=True)
    assert [(one.instance, one.owner, one.server) for one in others] == [
        ("db.example.org", "", ""), ("renamed", "s-9", ""), ("snf-8", "", ""),
    ]  # fmt: skip


async def test_a_look_at_the_whole_cluster_asks_few_questions_however_many_jobs_have_failed(monkeypatch):
    # Given five servers, each with a job that has failed, which has to be asked for by itself
    monkeypatch.setattr(ganeti_looking, "SINGLE_JOBS", 2)
    ops = {number: samples.op(status="error", command=f"c-{number}") for number in range(1, 6)}
    found = {job_at(number): samples.rapi_job(number, op) for number, op in ops.items()}
    listed = [samples.rapi_job(number, op, bulk=True) for number, op in ops.items()]
    instances = [samples.rapi_instance(f"snf-{number}", server=f"s-{number}") for number in ops]
    backend, transport = adapter({**found, JOBS: listed, INSTANCES: instances})
    targets = [target(f"s-{number}", f"snf-{number}", 1, {number: f"c-{number}"}) for number in ops]
    # When all of the cluster is looked at
    answers = await backend.observe([*targets, target("s-6", "snf-6", 1)], whole=True)
    # Then the oldest failures are asked for, and servers with one that was not are left out
    assert len(transport.asked) == 5
    assert [one.job for one in answers if isinstance(one, JobChanged)] == [1, 2]
    assert [one.server for one in answers if isinstance(one, InstanceSeen)] == ["s-1", "s-2", "s-6"]
    # And a look at them alone leaves out nothing
    assert len(await backend.observe(targets)) == 2 * len(targets)


async def test_the_facts_of_a_cluster_count_what_is_usable():
    nodes = [
        samples.rapi_node(),
        samples.rapi_node("node2", offline=True, mtotal=None, mfree=None, dtotal=None, dfree=None, ctotal=None),
        samples.rapi_node("node3", drained=True),
        samples.rapi_node("node4", vm_capable=False),
        samples.rapi_node("node5", mfree=None),
    ]
    backend, _ = adapter(
        {
            ("GET", "/2/nodes?bulk=1"): nodes,
            ("GET", "/2/jobs"): [{"id": "4", "uri": "/2/jobs/4"}, {"id": 17, "uri": "/2/jobs/17"}],
            ("GET", "/2/instances"): [
                {"id": name, "uri": ""} for name in ("snf-7", "snf-41", "db.example.org", "snf-x")
            ],
        }
    )
    facts = await backend.facts()
    assert (facts.incarnation, facts.version) == (samples.CLUSTER_UUID, "3.0.2")
    assert (facts.memory_total, facts.memory_free, facts.cores) == (16000, 5000, 8)
    assert (facts.disk_total, facts.disk_free) == (200_000, 120_000)
    assert (facts.nodes, facts.memory_largest, facts.disk_largest, facts.vcpu_ratio) == (2, 5000, 60_000, 0.0)
    assert (facts.last_job, facts.highest_number, facts.disk_templates) == (17, 41, ("file", "diskless"))


async def test_an_empty_cluster_has_facts_too():
    backend, _ = adapter({("GET", "/2/nodes?bulk=1"): [], ("GET", "/2/jobs"): [], ("GET", "/2/instances"): []})
    facts = await backend.facts()
    assert (facts.last_job, facts.highest_number, facts.memory_total) == (0, 0, 0)
