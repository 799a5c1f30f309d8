"""What the Ganeti adapter sends for each command, what a command overtakes, and what a failure means."""

import re

import pytest

from ganeti.osprovider import orders
from ganeti.rapi import NotSent, ReplyLost
from ganeti.tests import samples
from logic import permits, secretkeys
from logic.backends.tests.desk import (
    CREATE,
    INFO,
    JOBS,
    LOOKED_FOR,
    MODIFY,
    NIC,
    NODES,
    QUERIED_JOBS,
    REBOOT,
    REINSTALL,
    REMOVE,
    SNF7,
    START,
    about,
    adapter,
    create,
    job_at,
    ours,
    queue,
)
from logic.errors import Rejected, Transient
from logic.messages.commands import (
    AttachFilledVolume,
    AttachVolume,
    CaptureServer,
    CaptureVolume,
    ClearVolume,
    Command,
    ConnectNetwork,
    CreateServerHaving,
    DeleteServer,
    DeleteServerAwaiting,
    DeleteServerKeeping,
    DeleteVolume,
    DetachVolume,
    DisconnectNetwork,
    ExtendVolume,
    MoveServer,
    NetworkSpec,
    NicSpec,
    PauseServer,
    PlugPort,
    RebootServer,
    RebuildServer,
    RescueServer,
    ResizeServer,
    SetPassword,
    StartServer,
    StopServer,
    UnplugPort,
)

KEPT = "snf-volume-kept"


async def test_every_order_carries_the_commands_id_as_its_reason():
    answers = {
        CREATE: 1, START: 1, REBOOT: 1, REMOVE: 1, MODIFY: 1, ("PUT", "/2/instances/snf-7/shutdown"): 1,
        ("PUT", "/2/instances/snf-7/tags"): 1,
        ("GET", "/2/groups"): [{"name": "default", "uri": "/2/groups/default"}], JOBS: [],
        ("GET", "/2/networks/net1"): {"name": "net1"}, ("PUT", "/2/networks/net1/connect"): 1,
        ("PUT", "/2/networks/net1/disconnect"): 1, ("DELETE", "/2/networks/net1"): 1,
        QUERIED_JOBS: {"data": []}, LOOKED_FOR: queue(), SNF7: samples.rapi_instance(**{"disk.names": [], "oper_ram": 512}),
        ("GET", f"/2/instances/{KEPT}"): samples.rapi_instance(
            KEPT, server="", tags=["synnefo:volume:kept"], **{"disk.names": [KEPT], "disk.sizes": [32]}
        ),
        ("PUT", f"/2/instances/{KEPT}/modify"): 1, ("DELETE", f"/2/instances/{KEPT}"): 1,
        ("POST", f"/2/instances/{KEPT}/disk/0/grow"): 1,
    }  # fmt: skip
    backend, transport = adapter(answers)
    commands = [
        create(),
        StartServer(**about()),
        StopServer(**about()),
        RebootServer(**about()),
        ResizeServer(**about(), memory=512, vcpus=2, disk=0, restart=True),
        PauseServer(**about(), paused=False),
        SetPassword(**about(), user="root", password="sealed"),
        DeleteServer(**about()),
    ]
    commands += [PlugPort(**about(samples.PORT), nic=NIC), UnplugPort(**about(samples.PORT))]
    spec = NetworkSpec(name="net1", cidr="10.0.0.0/24", link="br0")
    commands += [ConnectNetwork(**about(), network=spec), DisconnectNetwork(**about(), name="net1")]
    commands += [AttachVolume(**about("new"), size=1024, fresh=True), DetachVolume(**about("kept"))]
    commands += [ExtendVolume(**about("kept"), size=64)]
    commands += [DeleteVolume(**about("kept")), DeleteServerKeeping(**about(), volumes=("kept",))]
    assert {type(one) for one in commands} == set(backend.capabilities) - {
        RebuildServer,
        RescueServer,
        CaptureServer,
        CaptureVolume,
        ClearVolume,
        CreateServerHaving,
        MoveServer,
        AttachFilledVolume,
        DeleteServerAwaiting,
    }  # in files of their own
    for command in commands:
        await backend.submit(command)
        assert transport.query()["reason"] == f"synnefo:{samples.COMMAND}"


async def test_a_rebuild_takes_nothing_along_for_which_the_remote_api_has_no_place():
    # What is empty takes back what was told before; secrets are not told, and a provider's unknown words neither
    params = {"img_id": "debian", "img_format": "raw", "img_checksum": "", "hostname": "", "img_passwd": "hunter2"}
    backend, transport = adapter({REINSTALL: 12})
    command = RebuildServer(
        **about(), os="synnefo-image+default", os_params=params | {"img_properties": "{}"}, start=False
    )
    assert (await backend.submit(command)).job == 12
    assert transport.query() == {}
    told = {"img_id": "debian", "img_format": "raw", "img_checksum": "", "hostname": ""}
    assert transport.body() == {"os": "synnefo-image+default", "start": False, "osparams": told}


async def test_a_rebuild_waits_itself_for_earlier_jobs_of_the_instance():
    backend, transport = adapter({job_at(5): ours(5), ("DELETE", "/2/jobs/5"): [False, "running"], REINSTALL: 12})
    with pytest.raises(Transient):
        await backend.submit(RebuildServer(**about(after=(5,)), os="debian"))
    assert REINSTALL not in [(one.method, one.path) for one in transport.orders()]


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
    assert not {"disk_template", "hypervisor", "osparams", "osparams_secret"} & transport.body().keys()
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


async def test_passwords_and_user_data_are_secret_parameters():
    backend, transport = adapter({CREATE: 12})
    password = secretkeys.current().encrypt("hunter2")  # as commands keep it
    params = {"img_id": "debian", "img_passwd": password, "cloud_userdata": "IyEvYmluL3No"}
    await backend.submit(create(os="snf-image+default", os_params=params))
    assert transport.body()["osparams"] == {"img_id": "debian"}
    assert transport.body()["osparams_secret"] == {"img_passwd": "hunter2", "cloud_userdata": "IyEvYmluL3No"}
    assert "osparams_private" not in transport.body()


async def test_our_own_os_provider_is_given_a_disk_for_the_metadata():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(create(os="synnefo-image+default"))
    assert transport.body()["disks"] == [{"size": 2048}, {"size": 4, "name": f"snf-config-{samples.SERVER}"}]
    assert re.fullmatch(orders._DISK.format(kind="config"), f"snf-config-{samples.SERVER}")


async def test_disks_for_swap_and_ephemeral_ones_have_names_that_our_provider_knows():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(create(os="synnefo-image+default", ephemeral=1024, swap=512))
    sizes = {one.get("name", ""): one["size"] for one in transport.body()["disks"]}
    names = {kind: f"snf-{kind}-{samples.SERVER}" for kind in ("ephemeral", "swap", "config")}
    assert list(sizes.items()) == [
        ("", 2048), (names["config"], 4), (names["ephemeral"], 1024), (names["swap"], 512),
    ]  # fmt: skip
    assert all(re.fullmatch(orders._DISK.format(kind=kind), name) for kind, name in names.items())


async def test_a_server_without_disks_has_none_for_metadata_either():
    backend, transport = adapter({CREATE: 12})
    await backend.submit(create(os="synnefo-image+default", disks=()))
    assert transport.body()["disks"] == []


@pytest.mark.parametrize(("hard", "kind", "body"), [(True, "hard", {"shutdown_timeout": 0}), (False, "soft", {})])
async def test_a_reboot_is_of_the_kind_that_was_asked_for_and_a_hard_one_does_not_wait_for_the_guest(hard, kind, body):
    backend, transport = adapter({REBOOT: 12})
    await backend.submit(RebootServer(**about(), hard=hard))
    assert (transport.query()["type"], transport.body()) == (kind, body)


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


async def test_an_order_whose_permit_has_run_out_is_not_sent_and_not_in_doubt():
    backend, transport = adapter({START: 1})
    with permits.under(lambda: False), pytest.raises(Transient) as told:
        await backend.submit(StartServer(**about()))
    assert (told.value.unclear, transport.orders()) == (False, [])
