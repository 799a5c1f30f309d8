"""A furnished cloud, and who looks: tokens are the callers' names."""

from pathlib import Path

import pytest

from logic.testing.worlds import ADMIN, ALICE, BOB, furnish, running
from logic.volume.commands import attach_volume, create_volume, detach_volume
from logic.volume.commands.volumes import NewVolume
from synnefo.api.kernel import handling
from synnefo.api.testing import Api
from synnefo.api.volume.tests.disks import over

CALLERS = {"alice": ALICE, "bob": BOB, "admin": ADMIN}


@pytest.fixture
def alice(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(handling, "authenticate", lambda token, _: CALLERS[token])
    api.token = "alice"
    furnish()
    return api


@pytest.fixture
def brought(settings, tmp_path: Path) -> None:
    """Nodes bring what is on disks."""
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"
    settings.IMAGES_DIR = tmp_path / "images"


@pytest.fixture
def used(alice, brought):
    """The id of a volume that a server has, and that server."""
    server = running()
    id = create_volume(ALICE, NewVolume(size=2, description="letters"))
    attach_volume(ALICE, server.pk, id)
    over(9)
    return id, server


@pytest.fixture
def kept(used):
    """One that was taken off."""
    id, server = used
    detach_volume(ALICE, server.pk, id)
    over(10)
    return id
