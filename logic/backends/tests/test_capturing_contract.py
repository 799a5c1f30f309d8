"""Disks of volumes told, on each kind of simulated cluster: see ``sites``. What a real one does stands in
``contrib/tests/test_exports_on_ganeti.py``, since its nodes have to know an API."""

import pytest

from logic.backends.tests.sites import SIMULATED
from logic.backends.tests.test_volumes_contract import Shelf
from logic.errors import Rejected
from logic.messages.commands import CaptureVolume


@pytest.fixture(params=SIMULATED)
async def shelf(request, tmp_path):
    """A volume on a server whose OS definition brings what is on disks."""
    async with SIMULATED[request.param](tmp_path) as site:
        made = Shelf(site, (await site.backend().facts()).highest_number + 1)
        assert (await made.do(made.create(nics=(), os="synnefo-image+default"))).status == "success"
        await made.carry(made.attach(fresh=True))
        yield made


def capture(shelf, instance=""):
    return CaptureVolume(**shelf.about(shelf.volume) | {"instance": instance})


async def test_what_is_on_a_volume_is_told_by_its_server_and_then_by_its_keeper(shelf):
    told = await shelf.carry(capture(shelf, shelf.instance))
    assert (told.status, told.opcode) == ("success", "OP_BACKUP_EXPORT")
    with pytest.raises(Rejected, match="not where it was"):
        await shelf.backend.submit(capture(shelf))
    await shelf.carry(shelf.detach())
    told = await shelf.carry(capture(shelf))
    assert (told.status, told.opcode, await shelf.place()) == ("success", "OP_BACKUP_EXPORT", "held")
    with pytest.raises(Rejected, match="not where it was"):
        await shelf.backend.submit(capture(shelf, shelf.instance))
