"""A furnished cloud, and who looks: tokens are the callers' names."""

import pytest

from logic.testing.worlds import ADMIN, ALICE, BOB, READER, furnish
from synnefo.api.kernel import handling
from synnefo.api.testing import Api

CALLERS = {"alice": ALICE, "bob": BOB, "admin": ADMIN, "reader": READER}


@pytest.fixture
def alice(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(handling, "authenticate", lambda token, _: CALLERS[token])
    api.token = "alice"
    furnish()
    return api
