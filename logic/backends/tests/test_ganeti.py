"""The Ganeti adapter: what it sends for each command, how it finds an earlier attempt, and what it makes of a look.

Given RAPI answers in the shapes of Ganeti 3.0.2 (``ganeti.tests.samples``).
"""

import pytest

from ganeti.rapi import NotSent, RapiClient, ReplyLost
from ganeti.tests import samples
from ganeti.tests.recorded import InTurn, Recorded, fault
from logic.backends.base import Limits, Target
from logic.backends.ganeti import GanetiBackend
from logic.errors import Rejected, Transient
from logic.messages.commands import (
    Command,
    CreateServer,
    DeleteServer,
    NicSpec,
    PlugPort,
    RebootServer,
    Sending,
    StartServer,
    StopServer,
    UnplugPort,
)
from logic.messages.observations import InstanceSeen, JobChanged
from logic.offload import Inline

INFO = ("GET", "/2/info")
JOBS = ("GET", "/2/jobs?bulk=1")
INSTANCES = ("GET", "/2/instances?bulk=1")
NODES = ("GET", "/2/nodes")
SNF7 = ("GET", "/2/instances/snf-7")
START = ("PUT", "/2/instances/snf-7/startup")
REBOOT = ("POST", "/2/instances/snf-7/reboot")
REMOVE = ("DELETE", "/2/instances/snf-7")
MODIFY = ("PUT", "/2/instances/snf-7/modify")
CREATE = ("POST", "/2/instances")
NIC = NicSpec(port=samples.PORT, mac="aa:00:02:00:00:09", ip="192.0.2.9", network="office")


def adapter(answers, **limits):
    nodes = [{"id": name, "uri": f"/2/nodes/{name}"} for name in ("node1", "node2")]
    transport = Recorded({INFO: samples.rapi_info(), NODES: nodes, **answers})
    client = RapiClient(transport)
    return GanetiBackend(
        cluster="alpha", prefix="snf-", client=client, offload=Inline(), limits=Limits(**limits)
    ), transport


def about(resource=samples.SERVER, **sending):
    return {"id": samples.COMMAND, "resource": resource, "instance": "snf-7", "sending": Sending(**sending)}


def create(**changes):
    return CreateServer(
        **{**about(), "memory": 1024, "vcpus": 2, "disks": (2048,), "nics": (NIC,), "os": "image+default", **changes}
    )


def target(server=samples.SERVER, instance="snf-7", version=3, jobs=None):
    return Target(server=server, instance=instance, version=version, jobs=jobs or {})


# Sending


async def test_every_order_carries_the_commands_id_as_its_reason():
    answers = {
        CREATE: 1, START: 1, REBOOT: 1, REMOVE: 1, MODIFY: 1, ("PUT", "/2/instances/snf-7/shutdown"): 1,
    }  # fmt: skip
    backend, transport = adapter(answers)
    commands = [
        create(),
        StartServer(**about()),
        StopServer(**about()),
        RebootServer(**about()),
        DeleteServer(**about()),
    ]
    commands += [PlugPort(**about(samples.PORT), nic=NIC), UnplugPort(**about(samples.PORT))]
    assert {type(one) for one in commands} == set(backend.capabilities)
    for command in commands:
        await backend.submit(command)
        assert transport.query()["reason"] == f"synnefo:{samples.COMMAND}"


async def test_a_create_asks_for_exactly_the_server_and_marks_it_ours():
    backend, transport = adapter({CREATE: 12})
    assert (await backend.submit(create(hypervisor="kvm", disk_template="drbd"))).job == 12
    assert transport.body() == {
        "__version__": 1,
        "mode": "create",
        "instance_name": "snf-7",
        "disk_template": "drbd",
        "disks": [{"size": 2048}],
        "nics": [
            {"name": f"snf-nic-{samples.PORT}", "mac": "aa:00:02:00:00:09", "ip": "192.0.2.9", "network": "office"}
        ],
        "beparams": {"minmem": 1024, "maxmem": 1024, "vcpus": 2},
        "os_type": "image+default",
        "hypervisor": "kvm",
        "tags": [f"synnefo:server:{samples.SERVER}"],
        "start": True,
        "wait_for_sync": False,
        "name_check": False,
        "ip_check": False,
        "conflicts_check": False,
    }


async def test_what_a_create_leaves_open_the_cluster_decides():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(create(nics=()))
    assert not {"disk_template", "hypervisor", "osparams", "osparams_private"} & transport.body().keys()
    assert transport.body()["nics"] == []


async def test_on_a_cluster_of_one_node_that_node_is_named():
    backend, transport = adapter({CREATE: 12, NODES: [{"id": "node1", "uri": "/2/nodes/node1"}]})
    await backend.submit(create())
    assert transport.body()["pnode"] == "node1"


async def test_without_disks_an_instance_is_diskless():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(create(disks=()))
    assert (transport.body()["disks"], transport.body()["disk_template"]) == ([], "diskless")


async def test_an_interface_without_a_network_says_its_mode_and_link():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(
        create(nics=(NicSpec(port="p", mac="aa:00:02:00:00:0b", mode="routed", link="155", ip="192.0.2.3"),))
    )
    assert transport.body()["nics"] == [
        {"name": "snf-nic-p", "mac": "aa:00:02:00:00:0b", "ip": "192.0.2.3", "mode": "routed", "link": "155"}
    ]


async def test_passwords_among_the_os_parameters_are_private():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(create(os_params={"img_id": "debian", "img_passwd": "hunter2"}))
    assert transport.body()["osparams"] == {"img_id": "debian"}
    assert transport.body()["osparams_private"] == {"img_passwd": "hunter2"}


@pytest.mark.parametrize(("hard", "kind"), [(True, "hard"), (False, "soft")])
async def test_a_reboot_is_of_the_kind_that_was_asked_for(hard, kind):
    backend, transport = adapter({REBOOT: 12})
    await backend.submit(RebootServer(**about(), hard=hard))
    assert transport.query()["type"] == kind


async def test_a_forced_removal_does_not_wait_for_the_guest():
    backend, transport = adapter({REMOVE: 12})
    await backend.submit(DeleteServer(**about(), force=True))
    assert transport.body() == {"shutdown_timeout": 0}


async def test_a_port_is_unplugged_by_its_name_and_never_by_index():
    backend, transport = adapter({MODIFY: 12})
    await backend.submit(UnplugPort(**about(samples.PORT)))
    assert transport.body()["nics"] == [["remove", f"snf-nic-{samples.PORT}", {}]]


@pytest.mark.parametrize(("version", "word"), [("3.0.2", "hotplug_if_possible"), ("3.1.1", "hotplug")])
async def test_a_port_is_plugged_into_a_running_instance_in_the_words_of_its_version(version, word):
    backend, transport = adapter({MODIFY: 12, INFO: samples.rapi_info(software_version=version)})
    await backend.submit(PlugPort(**about(samples.PORT), nic=NIC))
    assert transport.body()[word] is True
    assert transport.body()["nics"][0][:2] == ["add", -1]


async def test_a_command_it_has_no_order_for_is_rejected_and_nothing_is_sent():
    class Fly(Command, tag="server.fly"):
        pass

    backend, transport = adapter({})
    with pytest.raises(Rejected) as caught:
        await backend.submit(Fly(**about()))
    assert caught.value.code == "not-supported"
    assert transport.asked == []


# Overtaking


def job_at(number):
    return ("GET", f"/2/jobs/{number}")


async def test_a_removal_cancels_what_it_overtakes_and_waits_for_its_end():
    running = samples.rapi_job(5, samples.op("OP_INSTANCE_CREATE", "running"))
    backend, transport = adapter(
        {job_at(5): running, ("DELETE", "/2/jobs/5"): [False, "informed it anyway"], REMOVE: 6}
    )
    assert (await backend.submit(DeleteServer(**about(after=(5,))))).job == 6
    assert [(one.method, one.path) for one in transport.orders()] == [("DELETE", "/2/jobs/5"), REMOVE]
    assert transport.body()["depends"] == [[5, ["canceled", "error", "success"]]]


async def test_a_job_that_is_over_or_unknown_is_not_waited_for():
    # Ganeti fails a job that depends on one it does not know.
    backend, transport = adapter({job_at(4): samples.rapi_job(4), job_at(5): samples.rapi_unknown_job(), REMOVE: 6})
    await backend.submit(DeleteServer(**about(after=(4, 5))))
    assert transport.body() == {}


async def test_a_job_that_cannot_be_cancelled_is_still_waited_for():
    running = samples.rapi_job(5, samples.op("OP_INSTANCE_REBOOT", "waiting"))
    backend, transport = adapter({job_at(5): running, ("DELETE", "/2/jobs/5"): ReplyLost("cut"), REBOOT: 6})
    await backend.submit(RebootServer(**about(after=(5,)), hard=True))
    assert transport.body()["depends"] == [[5, ["canceled", "error", "success"]]]


# Failures


async def test_an_order_whose_answer_was_lost_is_unclear():
    backend, _ = adapter({START: ReplyLost("cut")})
    with pytest.raises(Transient) as caught:
        await backend.submit(StartServer(**about()))
    assert caught.value.unclear
    assert isinstance(caught.value.__cause__, ReplyLost)


async def test_an_order_that_never_left_is_clear():
    backend, _ = adapter({START: NotSent("refused")})
    with pytest.raises(Transient) as caught:
        await backend.submit(StartServer(**about()))
    assert not caught.value.unclear


# Finding


def ours(number, status="running", **given):
    return samples.rapi_job(number, samples.op(status=status, **given), bulk=True)


def foreign(number):
    return samples.rapi_job(number, samples.op(command=""), bulk=True)


async def test_sent_again_it_finds_the_job_of_the_first_attempt_and_sends_nothing():
    backend, transport = adapter({JOBS: [foreign(8), ours(9), foreign(10)]})
    assert (await backend.submit(StartServer(**about(again=True, since=7)))).job == 9
    assert transport.orders() == []


async def test_sent_again_it_finds_the_job_in_the_archive():
    answers = {JOBS: [foreign(12)], job_at(9): samples.rapi_job(9, samples.op())}
    answers |= {job_at(number): samples.rapi_job(number, samples.op(command="")) for number in (8, 10, 11)}
    backend, transport = adapter(answers)
    assert (await backend.find(StartServer(**about(again=True, since=7)))).job == 9
    assert job_at(7) not in [(one.method, one.path) for one in transport.asked]


async def test_sent_again_and_not_found_it_is_sent():
    backend, transport = adapter({JOBS: [foreign(8)], START: 9})
    assert (await backend.submit(StartServer(**about(again=True, since=7)))).job == 9
    assert len(transport.orders()) == 1


async def test_a_reboot_that_is_not_found_is_not_sent_again():
    backend, transport = adapter({JOBS: [foreign(8)]})
    with pytest.raises(Rejected) as caught:
        await backend.submit(RebootServer(**about(again=True, since=7)))
    assert caught.value.code == "unclear"
    assert transport.orders() == []


async def test_when_the_search_cannot_be_made_nothing_is_sent():
    backend, transport = adapter({JOBS: fault(503, "busy")})
    with pytest.raises(Transient):
        await backend.submit(StartServer(**about(again=True, since=7)))
    assert transport.orders() == []


async def test_a_port_that_is_plugged_already_is_not_plugged_twice():
    backend, transport = adapter({JOBS: [], SNF7: samples.rapi_instance()})
    with pytest.raises(Rejected) as caught:
        await backend.submit(PlugPort(**about(samples.PORT, again=True), nic=NIC))
    assert caught.value.code == "already_exists"
    assert transport.orders() == []


async def test_jobs_from_before_the_first_attempt_are_not_it():
    backend, _ = adapter({JOBS: [ours(7)]})
    assert await backend.find(StartServer(**about(since=7))) is None


async def test_of_two_jobs_of_one_command_the_one_that_works_is_it():
    backend, _ = adapter({JOBS: [ours(8, "error"), ours(9, "success"), ours(10, "running")]})
    assert (await backend.find(StartServer(**about()))).job == 9


async def test_the_search_in_the_archive_has_a_bound(monkeypatch):
    monkeypatch.setattr("logic.backends.ganeti.ARCHIVE_LOOKS", 3)
    answers = {job_at(number): samples.rapi_unknown_job() for number in range(1, 4)}
    backend, transport = adapter({JOBS: [foreign(100)], **answers})
    assert await backend.find(StartServer(**about())) is None
    assert len(transport.asked) == 4


# Looking


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


async def test_a_look_at_the_whole_cluster_finds_what_is_ours_and_was_not_asked_about():
    instances = [
        samples.rapi_instance("snf-7"),
        samples.rapi_instance("snf-8", server=""),
        samples.rapi_instance("renamed", server="s-9"),
        samples.rapi_instance("db.example.org", server=""),
    ]
    backend, _ = adapter({INSTANCES: instances})
    _, *others = await backend.observe([target()], whole=True)
    assert [(one.instance, one.owner, one.server) for one in others] == [("renamed", "s-9", ""), ("snf-8", "", "")]


# Facts


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
    assert (facts.last_job, facts.highest_number, facts.disk_templates) == (17, 41, ("file", "diskless"))


async def test_an_empty_cluster_has_facts_too():
    backend, _ = adapter({("GET", "/2/nodes?bulk=1"): [], ("GET", "/2/jobs"): [], ("GET", "/2/instances"): []})
    facts = await backend.facts()
    assert (facts.last_job, facts.highest_number, facts.memory_total) == (0, 0, 0)


async def test_a_search_survives_one_lost_answer_by_failing_as_a_whole():
    backend, transport = adapter({JOBS: [InTurn(ReplyLost("cut")), InTurn([ours(9)])]})
    with pytest.raises(Transient) as caught:
        await backend.submit(StartServer(**about(again=True)))
    assert not caught.value.unclear
    assert (await backend.submit(StartServer(**about(again=True)))).job == 9
    assert transport.orders() == []
