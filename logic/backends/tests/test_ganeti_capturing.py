"""What the Ganeti adapter sends to have an instance's disks told, over recorded answers."""

import pytest

from ganeti.tests import samples
from logic.backends.tests.desk import SNF7, about, adapter
from logic.errors import Rejected
from logic.messages.commands import CaptureServer

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
