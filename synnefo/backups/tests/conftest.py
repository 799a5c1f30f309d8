"""A database of its own for each test, of each kind."""

import pytest
from django.db import connection

from logic import clock, secretkeys
from synnefo.testing.databases import migrate, replaced


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.servers),
        pytest.param("mariadb", marks=pytest.mark.servers),
    ]
)
def kind(request):
    return request.param


@pytest.fixture
def empty(kind, request, tmp_path, settings, django_db_blocker):
    """Entries for ``DATABASES``, each of a new, empty database of that kind; keys and state of their own."""
    settings.VAR_DIR = tmp_path / "var"
    before = secretkeys._current
    secretkeys.use(tmp_path / "keys" / "secret-keys")

    def make():
        name = f"b{clock.new_uuid().hex[:10]}"
        if kind == "sqlite":
            entry = dict(connection.settings_dict)
            return entry | {"NAME": tmp_path / f"{name}.sqlite3"}
        server = request.getfixturevalue({"postgres": "postgres", "mariadb": "mariadb"}[kind])
        server.create_database(name)
        return server.django(name)

    with django_db_blocker.unblock():
        yield make
    secretkeys._current = before


@pytest.fixture
def database(empty):
    """A migrated database, which Django uses while the test runs."""
    entry = empty()
    migrate(entry)
    with replaced(entry):
        yield entry
