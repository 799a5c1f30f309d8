"""What the tests of every facade start with."""

from collections.abc import Iterator

import pytest

from logic.offload import Inline
from synnefo.api.kernel import running
from synnefo.api.testing import Api


@pytest.fixture
def api(
    db: None,  # noqa: ARG001 - asked for, not used
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Api]:
    """The API in this process. Calls run where they stand, in the test's own transaction."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    running.install(Inline())
    yield Api()
    running.install(None)
