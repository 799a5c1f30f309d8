"""Taking a volume off a guest that may not let go of it, over recorded answers: what QEMU still has never goes elsewhere. And how
one is filled before a guest has it."""

import pytest

from ganeti.tests import samples
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
from logic.messages.commands import AttachFilledVolume, DetachVolume

VOLUME = "6c1c1f7e-0000-4000-8000-00000000000a"
DISK = f"snf-volume-{VOLUME}"
KEEPER = ("GET", f"/2/instances/{DISK}")
KEPT = ("PUT", f"/2/instances/{DISK}/modify")
COMMAND = DetachVolume(id=samples.COMMAND, resource=VOLUME, instance="snf-7")


def off(result, *, status="success"):
    """The job that has taken it off, as far as it got."""
    reason = [["gnt:user", f"synnefo-part:{samples.COMMAND}", 1]]
    return samples.op("OP_INSTANCE_SET_PARAMS", status, command="", result=result, reason=reason)


def world(result, *, on_server=(), kept=(), status="success", hypervisor="kvm", server_is="running", others=()):
    job = off(result, status=status)
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
            LOOKED_FOR: queue(samples.rapi_job(9, job, bulk=True)),
            job_at(9): samples.rapi_job(9, job),
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
    [([["disk/1", "detach"], ["disk/1", "hotplug:failed"]], "kvm"), ([["disk/1", "detach"]], "xen-hvm")],
    ids=["a guest that holds on to it", "a hypervisor that takes no devices from guests"],
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
