"""A plugin: a policy that a site writes, for the length of a block."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

Site = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """``with site("rule: ..."):`` that ``policy.yaml`` is in force."""
    from logic.policy.deciding import used  # here, since the rules' library is slow to load

    def written(text: str) -> AbstractContextManager[None]:
        file = tmp_path / "policy.yaml"
        file.write_text(text)
        return used(file)

    return written
