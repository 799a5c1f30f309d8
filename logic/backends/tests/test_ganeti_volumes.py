"""Taking a volume off a guest that may not let go of it, over recorded answers: what QEMU still has never goes elsewhere. And how
one is filled before a guest has it."""

import msgspec
import pytest

from ganeti.replies import Housed
from ganeti.tests import samples
from logic.backends.ganeti_volumes import Desk, keeper_of
from logic.backends.tests.desk import (
    CREATE,
    LOOKED_FOR,
    MODIFY,
    QUERIED_INSTANCES,
    QUERIED_JOBS,
    SNF7,
    adapter,
    job_at,
    queue,
)
from logic.errors import Rejected, Transient
from logic.messages.commands import AttachFilledVolume, AttachVolume, DetachVolume

VOLUME = "6c1c1f7e-0000-4000-8000-00000000000a"
DISK = f"snf-volume-{VOLUME}"
KEEPER = ("GET", f"/2/instances/{DISK}")
KEPT = ("PUT", f"/2/instances/{DISK}/modify")
COMMAND = DetachVolume(id=samples.COMMAND, resource=VOLUME, instance="snf-7")


HELD = "Device disk-6c1c1f7e-0000-4000 should have been removed but is still there"
PENDING = (
    "kvm: error executing the device_del command: Device disk-6c is already in the process of unplug (GenericError):"
)
ABSENT = "kvm: error executing the device_del command: Device 'disk-6c' not found (DeviceNotFound):"


def off(result, *, status="success", said="", verb="detach"):
    """The job that has taken it off, as far as it got."""
    reason = [["gnt:user", f"synnefo-part:{samples.COMMAND}", 1]]
    log = [[1, [samples.T0, 0], "message", f" - WARNING: Could not hotplug device: {said}"]] if said else ()
    disks = [[verb, DISK, {}]]
    return samples.op("OP_INSTANCE_SET_PARAMS", status, command="", result=result, reason=reason, log=log, disks=disks)


def asked(*said):
    """The jobs of as many tries, each after the one before was put back; what QEMU said to each."""
    failed = [["disk/1", "detach"], ["disk/1", "hotplug:failed"]]
    tries = [(2 * place + 9, off(failed, said=one)) for place, one in enumerate(said)]
    return dict(tries) | {number + 1: off([["disk/1", "attach"]], verb="attach") for number, _ in tries[:-1]}


def world(result, *, on_server=(), kept=(), status="success", hypervisor="kvm", server_is="running", others=()):
    jobs = result if isinstance(result, dict) else {9: off(result, status=status)}
    homes = {"snf-7": on_server, DISK: kept, **dict.fromkeys(others, (DISK,))}

    def queried(request):
        fields = dict(request.query)["fields"]
        told = {name: hypervisor if fields == "name,hypervisor" else list(disks) for name, disks in homes.items()}
        return {"data": [[[0, name], [0, value]] for name, value in told.items()]}

    admin = "down" if server_is == "ADMIN_down" else "up"
    return adapter(
        {
            QUERIED_JOBS: {"data": []},
            QUERIED_INSTANCES: queried,
            LOOKED_FOR: queue(*(samples.rapi_job(number, job, bulk=True) for number, job in jobs.items())),
            **{job_at(number): samples.rapi_job(number, job) for number, job in jobs.items()},
            SNF7: samples.rapi_instance(status=server_is, admin_state=admin, **{"disk.names": list(on_server)}),
            KEEPER: samples.rapi_instance(DISK, server="", status="ADMIN_down", **{"disk.names": list(kept)}),
            MODIFY: 12,
            KEPT: 13,
        }
    )


def changes(transport):
    return [transport.body(place)["disks"][0][0] for place in range(len(transport.orders()))]


async def test_what_the_guest_has_let_go_of_is_given_to_its_keeper():
    backend, transport = world([["disk/1", "detach"], ["disk/1", "hotplug:done"]])
    assert (await backend.submit(COMMAND)).job == 13
    assert transport.body()["disks"] == [["attach", -1, {"name": DISK}]]


@pytest.mark.parametrize(
    ("result", "hypervisor"),
    [(asked(*[HELD] * 8), "kvm"), (asked(ABSENT), "kvm"), ([["disk/1", "detach"]], "xen-hvm")],
    ids=["a guest that holds on to it", "one that may have it by another name", "a hypervisor that takes no devices"],
)
async def test_what_a_guest_may_still_have_is_put_back_and_refused(result, hypervisor):
    backend, transport = world(result, hypervisor=hypervisor)
    with pytest.raises(Transient, match="put back"):
        await backend.submit(COMMAND)
    assert [one.path for one in transport.orders()] == [MODIFY[1]]
    assert changes(transport) == ["attach"]
    # And when it is on its server again, the tenant is told what to do
    backend, transport = world(result, hypervisor=hypervisor, on_server=(DISK,))
    with pytest.raises(Rejected, match="Stop the server"):
        await backend.submit(COMMAND)
    assert transport.orders() == []


@pytest.mark.parametrize("said", [(HELD,), (HELD, PENDING), (HELD, "Cannot find runtime info"), ("no answer",) * 7])
async def test_a_guest_that_still_boots_is_asked_again(said):
    # Given that it has not let go: the disk is put back, since only what an instance has can be taken off it
    backend, transport = world(asked(*said))
    with pytest.raises(Transient, match="put back"):
        await backend.submit(COMMAND)
    assert changes(transport) == ["attach"]
    # Then it is asked once more, and its tenant hears nothing of it
    backend, transport = world(asked(*said), on_server=(DISK,))
    with pytest.raises(Transient, match="taken off"):
        await backend.submit(COMMAND)
    assert changes(transport) == ["detach"]


@pytest.mark.parametrize("last", ["done", ABSENT], ids=["when it was asked again", "in between"])
async def test_what_it_lets_go_of_then_is_given_to_its_keeper(last):
    jobs = asked(HELD, PENDING, last)
    if last == "done":
        jobs[13] = off([["disk/1", "detach"], ["disk/1", "hotplug:done"]])
    backend, transport = world(jobs)
    assert (await backend.submit(COMMAND)).job == 13
    assert [one.path for one in transport.orders()] == [KEPT[1]]


@pytest.mark.parametrize(("hypervisor", "server_is"), [("fake", "running"), ("xen-hvm", "ADMIN_down")])
async def test_who_has_no_device_has_nothing_to_let_go_of(hypervisor, server_is):
    backend, transport = world([["disk/1", "detach"]], hypervisor=hypervisor, server_is=server_is)
    assert (await backend.submit(COMMAND)).job == 13
    assert [one.path for one in transport.orders()] == [KEPT[1]]


async def test_one_that_could_not_be_taken_off_stays_with_the_reason():
    backend, transport = world(["OpExecError", ["no"]], status="error", on_server=(DISK,))
    with pytest.raises(Rejected, match="no"):
        await backend.submit(COMMAND)
    assert transport.orders() == []


async def test_a_disk_that_a_third_instance_has_is_left_alone():
    backend, transport = world([["disk/1", "detach"]], others=("somebody",))
    with pytest.raises(Rejected, match="on the instance somebody"):
        await backend.submit(COMMAND)
    assert transport.orders() == []


async def test_nothing_is_ordered_while_an_earlier_job_of_it_is_under_way():
    backend, transport = world([["disk/1", "detach"]], on_server=(DISK,))
    transport.answers[QUERIED_JOBS] = {"data": [[[0, 4], [0, "running"], [0, [f"INSTANCE_REMOVE({DISK})"]]]]}
    with pytest.raises(Transient, match="not over yet"):
        await backend.submit(COMMAND)
    assert transport.orders() == []


async def test_a_disk_is_filled_named_taken_and_put_each_if_the_one_before_has_worked():
    command = AttachFilledVolume(
        id=samples.COMMAND,
        resource=VOLUME,
        instance="snf-7",
        size=64,
        fresh=True,
        os="synnefo-image",
        os_params={"img_id": "i"},
    )
    server = samples.rapi_instance(status="running", **{"disk.names": []})
    backend, transport = adapter(
        {QUERIED_JOBS: {"data": []}, QUERIED_INSTANCES: {"data": []}, SNF7: server, CREATE: 20, KEPT: 21, MODIFY: 22,
         ("DELETE", KEEPER[1]): 23}
    )  # fmt: skip
    assert (await backend.submit(command)).job == 22
    bodies = [transport.body(place) for place in range(4)]
    assert bodies[0]["disks"] == [{"size": 64, "name": f"snf-filling-{VOLUME}"}, {"size": 4}]
    assert (bodies[0]["os_type"], bodies[0]["osparams"], bodies[0]["no_install"]) == (
        "synnefo-image",
        {"img_id": "i"},
        False,
    )
    changes = [["modify", 0, {"name": DISK}], ["detach", DISK, {}], ["attach", -1, {"name": DISK}]]
    assert [body["disks"] for body in bodies[1:]] == [[change] for change in changes]
    assert [body["depends"] for body in bodies[1:]] == [[[needed, ["success"]]] for needed in (20, 21, 21)]


def mirrored(*nodes, **told):
    """An instance with its disks on two nodes."""
    about = {
        "name": "snf-7",
        "status": "running",
        "disk_template": "drbd",
        "pnode": nodes[0],
        "snodes": list(nodes[1:]),
    }
    return msgspec.convert(samples.rapi_instance(**about | told), Housed)


class TestMirroredDisks:
    """Ganeti makes no instance of theirs without both nodes, and puts no disk on one that is on other nodes."""

    def test_the_keeper_is_made_on_both_nodes_of_the_server(self):
        spec = keeper_of(mirrored_desk(), mirrored("n1", "n2"), DISK, "kvm")
        assert (spec["pnode"], spec["snode"], spec["disk_template"]) == ("n1", "n2", "drbd")

    def test_the_keeper_of_what_is_on_one_node_has_no_second(self):
        assert "snode" not in keeper_of(mirrored_desk(), mirrored("n1", disk_template="plain"), DISK, "kvm")

    @pytest.mark.parametrize("elsewhere", [("n1", "n3"), ("n2", "n1"), ("n3", "n2")])
    async def test_a_disk_that_is_on_other_nodes_is_refused_before_anything_is_ordered(self, elsewhere):
        backend, transport = adapter(
            {
                QUERIED_JOBS: {"data": []},
                LOOKED_FOR: [],
                SNF7: samples.rapi_instance(disk_template="drbd", pnode="n1", snodes=["n2"], **{"disk.names": ["own"]}),
                KEEPER: samples.rapi_instance(
                    DISK, disk_template="drbd", pnode=elsewhere[0], snodes=[elsewhere[1]], **{"disk.names": [DISK]}
                ),
            }
        )
        attach = AttachVolume(id=samples.COMMAND, resource=VOLUME, instance="snf-7", size=1024, fresh=False)
        with pytest.raises(Rejected, match="its disk is on node"):
            await backend.submit(attach)
        assert transport.orders() == []


def mirrored_desk():
    return Desk(client=None, prefix="snf-", hotplug={}, command=COMMAND)
