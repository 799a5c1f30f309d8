"""What the simulations of these tests share."""

import pytest

from synnefo.simulation import database


@pytest.fixture(autouse=True, scope="package")
def furnished(tmp_path_factory):
    """The database they start with, which the first of them makes. No bug that is planted changes a table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(database.KEPT, str(tmp_path_factory.mktemp("simulation") / "furnished"))
        yield
