"""Who is down for a job's sake is told from who died, on a real Ganeti."""

import pytest

from ganeti.vocabulary import RUNNING, server_tag
from logic.backends.base import Target
from logic.backends.ganeti import GanetiBackend
from logic.offload import Inline
from synnefo.testing.processes import until

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]
INSTANCE, SERVER = "snfmortal-1", "6d1f0a52-3c54-4d0f-8a43-1a4c1b0f7e55"
HOOK = "/etc/ganeti/hooks/instance-reboot-pre.d/10-hold"
HELD = ("#!/bin/sh", "until test -e /run/ganeti/go; do sleep 0.1; done")


@pytest.fixture
def node(ganeti):
    """With an instance of ours that only pretends to run, whose reboots wait for a word."""
    master = ganeti.master
    master.run(
        "gnt-instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
        "--no-install", "--tags", server_tag(SERVER), "-n", master.name, INSTANCE,
    )  # fmt: skip
    master.run("gnt-instance", "startup", INSTANCE)
    master.run("mkdir", "-p", HOOK.rpartition("/")[0])
    master.run("sh", "-c", f'printf "%s\\n" "$@" > {HOOK}', "sh", *HELD)
    master.run("chmod", "755", HOOK)
    yield master
    master.run("rm", "-f", HOOK, "/run/ganeti/go")
    master.run("gnt-instance", "remove", "--force", INSTANCE)


async def test_a_guest_that_a_job_has_down_is_not_dead_and_one_that_died_is(ganeti, node):
    client = ganeti.client()
    backend = GanetiBackend(cluster="alpha", prefix="snfmortal-", client=client, offload=Inline())

    async def seen():
        (one,) = await backend.observe([Target(server=SERVER, instance=INSTANCE, version=1)])
        return one.status, one.busy

    assert await seen() == ("running", False)
    # Given a reboot by hand that is at work while its guest is down
    job = client.reboot(INSTANCE, hard=True, reason="by hand")
    until(lambda: client.job(job).status == RUNNING, within=60.0, what="the reboot to be at work")
    node.run("rm", f"/run/ganeti/fake-hypervisor/{INSTANCE}")
    # Then nobody concludes anything
    assert await seen() == ("crashed", True)
    # When it is over, the guest runs
    node.run("touch", "/run/ganeti/go")
    until(lambda: client.job(job).final, within=60.0, what="the end of the reboot")
    assert await seen() == ("running", False)
    # And a guest that is down without any job has died
    node.run("rm", f"/run/ganeti/fake-hypervisor/{INSTANCE}")
    assert await seen() == ("crashed", False)
