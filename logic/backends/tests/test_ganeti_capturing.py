"""What the Ganeti adapter sends to have an instance's disks told, over recorded answers."""

import pytest

from ganeti.tests import samples
from logic.backends.tests.desk import QUERIED_JOBS, SNF7, about, adapter
from logic.errors import Rejected
from logic.messages.commands import CaptureServer, CaptureVolume

OURS = "synnefo-image+default"
EXPORT = ("PUT", "/2/instances/snf-7/export")
STOPPED = {"shutdown": True, "long_sleep": True, "shutdown_timeout": 60}


async def sent(**told):
    backend, transport = adapter({SNF7: samples.rapi_instance(**{"pnode": "node2", "os": OURS, **told}), EXPORT: 12})
    assert (await backend.submit(CaptureServer(**about(), timeout=60))).job == 12
    (order,) = transport.orders()
    assert dict(order.query) == {"reason": f"synnefo:{samples.COMMAND}"}
    return transport.body()


@pytest.mark.parametrize(
    ("template", "status", "how"),
    [
        ("file", "running", STOPPED),
        ("sharedfile", "running", STOPPED),
        ("file", "ERROR_down", STOPPED),
        ("file", "ADMIN_down", {"shutdown": False}),
        ("plain", "running", {"shutdown": False}),
        ("drbd", "running", {"shutdown": False}),
        ("ext", "ADMIN_down", {"shutdown": False}),
    ],
)
async def test_a_guest_is_stopped_where_its_disks_know_no_snapshots_and_it_runs(template, status, how):
    body = await sent(disk_template=template, status=status)
    assert body == {"mode": "local", "destination": "node2", **how}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"disk_template": "diskless", "os": OURS}, "no disk"),
        ({"disk_template": "file", "os": "debootstrap+default"}, "another OS definition"),
        ({"disk_template": "file", "os": OURS, "pnode": None}, "its node"),
    ],
)
async def test_what_has_no_disks_or_would_not_bring_them_is_left_alone(told, said):
    backend, transport = adapter({SNF7: samples.rapi_instance(**told)})
    with pytest.raises(Rejected, match=said):
        await backend.submit(CaptureServer(**about()))
    assert not transport.orders()


KEEPER = f"snf-volume-{samples.SERVER}"
NO_JOBS: dict[str, list[object]] = {"data": []}


@pytest.mark.parametrize("home", ["snf-7", KEEPER])
async def test_a_volumes_disk_is_told_where_it_is(home):
    there = samples.rapi_instance(home, **{"disk_template": "plain", "os": OURS, "disk.names": [None, KEEPER]})
    away = samples.rapi_instance(**{"disk.names": [None]})
    place, export = ("GET", f"/2/instances/{home}"), ("PUT", f"/2/instances/{home}/export")
    backend, transport = adapter({SNF7: away, QUERIED_JOBS: NO_JOBS, place: there, export: 12})
    command = CaptureVolume(**{**about(), "instance": "snf-7" if home == "snf-7" else ""})
    assert (await backend.submit(command)).job == 12
    assert transport.body()["mode"] == "local"


async def test_a_disk_that_is_not_where_it_was_is_told_by_nobody():
    backend, transport = adapter({SNF7: samples.rapi_instance(**{"disk.names": ["another"]}), QUERIED_JOBS: NO_JOBS})
    with pytest.raises(Rejected, match="not where it was"):
        await backend.submit(CaptureVolume(**about()))
    assert not transport.orders()
