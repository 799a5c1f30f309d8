"""Images to look at, and who looks: tokens are the callers' names."""

import pytest

from logic.image.models import Image
from logic.testing.worlds import ADMIN, ALICE, BOB, READER
from synnefo.api.kernel import handling
from synnefo.api.testing import Api

CALLERS = {"alice": ALICE, "bob": BOB, "admin": ADMIN, "reader": READER}


@pytest.fixture
def alice(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(handling, "authenticate", lambda token, _: CALLERS[token])
    api.token = "alice"
    return api


def make(name: str, **columns: object) -> Image:
    values = {"status": "active", "visibility": "public", "disk_format": "raw", "container_format": "bare", **columns}
    return Image.objects.create(name=name, **values)
