"""What the Ganeti adapter sends for a resize, over recorded answers: which job waits for which, and what is not sent again."""

import pytest

from ganeti.rapi import NotSent
from ganeti.tests import samples
from logic.backends.tests.desk import LOOKED_FOR, MODIFY, REBOOT, REMOVE, SNF7, about, adapter, job_at, queue
from logic.errors import Rejected, Transient
from logic.messages.commands import DeleteServer, ResizeServer

GROW = ("POST", "/2/instances/snf-7/disk/0/grow")
ENDED = ["canceled", "error", "success"]


def resize(**changes):
    sending = changes.pop("sending", {})
    return ResizeServer(**{**about(**sending), "memory": 512, "vcpus": 2, "disk": 4096, "restart": True, **changes})


def world(*jobs, disks=(2048,), but=()):
    answers = {SNF7: samples.rapi_instance(**{"disk.sizes": list(disks)}), LOOKED_FOR: queue(*jobs)}
    return adapter(answers | {GROW: 11, MODIFY: 12, REBOOT: 13} | dict(but))


def part(number, opcode, status="running", **given):
    """A job of the command that prepares its own."""
    reason = [["gnt:user", f"synnefo-part:{samples.COMMAND}", 1]]
    return samples.rapi_job(number, samples.op(opcode, status, command="", reason=reason, **given), bulk=True)


def sent(transport):
    """Of each order its place, its reason and what it waits for."""
    orders = [(one.method, one.path) for one in transport.orders()]
    places = range(len(orders))
    return [
        (orders[at], transport.query(at)["reason"].partition(":")[0], transport.body(at).get("depends", []))
        for at in places
    ]


async def test_each_job_needs_the_success_of_the_one_before_and_the_last_is_the_commands():
    backend, transport = world()
    assert (await backend.submit(resize())).job == 13
    assert sent(transport) == [
        (MODIFY, "synnefo-part", []),
        (GROW, "synnefo-part", [[12, ["success"]]]),
        (MODIFY, "synnefo-part", [[11, ["success"]]]),
        (REBOOT, "synnefo", [[12, ["success"]]]),
    ]
    assert [transport.body(at).get("dry_run") for at in range(4)] == [True, None, None, None]
    assert "shutdown_timeout" not in transport.body(), "the guest is asked before its machine is taken away"


@pytest.mark.parametrize("disk", [0, 2048, 4096])
async def test_what_it_overtakes_is_waited_for_by_the_first_alone(disk):
    running = samples.rapi_job(5, samples.op("OP_INSTANCE_SHUTDOWN", "running"))
    backend, transport = world()
    transport.answers |= {job_at(5): running, ("DELETE", "/2/jobs/5"): [False, "running"]}
    await backend.submit(resize(disk=disk, sending={"after": (5,)}))
    _, first, *others = [depends for _, _, depends in sent(transport)]
    assert first == [[5, ENDED]]
    assert [statuses for depends in others for _, statuses in depends] == [["success"]] * len(others)


async def test_one_that_is_down_is_not_started():
    backend, transport = world()
    assert (await backend.submit(resize(restart=False))).job == 12
    assert [(order, reason) for order, reason, _ in sent(transport)] == [
        (MODIFY, "synnefo-part"),
        (GROW, "synnefo-part"),
        (MODIFY, "synnefo"),
    ]


async def test_a_disk_that_is_not_there_cannot_grow():
    backend, transport = world(disks=())
    with pytest.raises(Rejected) as caught:
        await backend.submit(resize())
    assert (caught.value.code, transport.orders()) == ("not-supported", [])


@pytest.mark.parametrize(("status", "needs"), [("queued", 8), ("success", 8), ("error", 11), ("canceled", 11)])
async def test_sent_again_it_goes_on_from_the_jobs_that_may_still_serve(status, needs):
    backend, transport = world(part(8, "OP_INSTANCE_GROW_DISK", status))
    assert (await backend.submit(resize(sending={"again": True, "since": 7}))).job == 13
    orders = {order: depends for order, _, depends in sent(transport)}
    assert orders[MODIFY] == [[needs, ["success"]]]
    assert (GROW in orders) == (needs == 11)


async def test_sent_again_with_all_but_the_last_there_it_sends_the_last():
    rehearsal = part(7, "OP_INSTANCE_SET_PARAMS", "success", dry_run=True)
    chain = rehearsal, part(8, "OP_INSTANCE_GROW_DISK"), part(9, "OP_INSTANCE_SET_PARAMS", "queued")
    backend, transport = world(*chain)
    await backend.submit(resize(sending={"again": True, "since": 6}))
    assert sent(transport) == [(REBOOT, "synnefo", [[9, ["success"]]])]


async def test_jobs_of_another_resize_are_not_taken_for_it():
    other = part(8, "OP_INSTANCE_GROW_DISK")
    other["ops"][0]["reason"] = [["gnt:user", "synnefo-part:another", 1]]
    backend, transport = world(other)
    await backend.submit(resize(sending={"again": True, "since": 7}))
    assert [order for order, *_ in sent(transport)] == [MODIFY, GROW, MODIFY, REBOOT]


@pytest.mark.parametrize("last", ["waiting", "canceled"])
async def test_who_overtakes_a_resize_cancels_all_of_its_jobs_and_waits_for_them(last):
    # A first attempt at it may have cancelled the last alone
    jobs = [
        part(5, "OP_INSTANCE_GROW_DISK", "running", depends=[[3, ENDED], [2, ENDED]]),
        part(6, "OP_INSTANCE_SET_PARAMS", "queued", depends=[[5, ["success"]]]),
        samples.rapi_job(7, samples.op("OP_INSTANCE_REBOOT", last, depends=[[6, ["success"]]])),
        samples.rapi_job(3, samples.op("OP_INSTANCE_STARTUP", "running", command="another")),
    ]
    cancels = {("DELETE", f"/2/jobs/{number}"): [True, "dequeued"] for number in (5, 6, 7)}
    answers = {job_at(one["id"]): one for one in jobs} | {job_at(2): samples.rapi_unknown_job(), REMOVE: 8}
    backend, transport = adapter(answers | cancels)
    await backend.submit(DeleteServer(**about(after=(7,))))
    ours = [5, 6] if last == "canceled" else [5, 6, 7]
    assert sorted(one.path for one in transport.orders()[:-1]) == [f"/2/jobs/{number}" for number in ours]
    assert sorted(transport.body()["depends"]) == [[number, ENDED] for number in ours]


@pytest.mark.parametrize("where", [GROW, REBOOT])
async def test_a_chain_that_broke_off_is_looked_for_before_any_more_of_it_is_sent(where):
    backend, _ = world(but={where: NotSent("refused")})
    with pytest.raises(Transient) as caught:
        await backend.submit(resize())
    assert caught.value.unclear


async def test_one_of_which_nothing_was_sent_is_not_in_doubt():
    backend, _ = world(but={MODIFY: NotSent("refused")})
    with pytest.raises(Transient) as caught:
        await backend.submit(resize())
    assert not caught.value.unclear
