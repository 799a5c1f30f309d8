"""What every test run of this tree shares; loaded by ``-p synnefo.testing.plugin`` (``addopts`` in pyproject.toml).

Servers. ``postgres`` (:class:`PostgresServer`: ``.dsn()``, ``.create_database(name)``, ``.kill()``, ``.start()``),
``mariadb`` (:class:`MariaServer`: ``.execute(…)``, ``.create_database(name)``, ``.kill()``, ``.start()``) and ``rabbitmq``
(:class:`RabbitServer`: ``.url``, ``.tls_url``, ``.ctl(…)``, ``.kill()``, ``.start()``) are started once a run, when the first
test asks. Whoever kills one starts it again. Tests that use them are marked ``servers`` by themselves, and under xdist go to
one worker (``--dist loadgroup``), so that there is one of each.

Databases. ``django_db`` tests run on SQLite: on a file, as the embedded cloud does. A test (or class, or module by
``pytestmark``) marked ``both_databases`` runs twice, ``[sqlite]`` and ``[postgres]``; one marked ``every_database`` runs on
``[mariadb]`` too. There is nothing else to do: Django's default database is the one named. What needs a server is marked so.

Time. ``virtually(scenario)`` runs a coroutine function on a clock that jumps (``synnefo.testing.virtual``).

Hypothesis. No deadlines, since no time decides over pass or fail; the same examples in every run when ``CI`` is set, and
ten times as many by ``--hypothesis-profile=thorough`` (``make verify``).

Failures. Of a cloud that a failed test used, each program's last words are in the report.

Nothing of the machine is used: the state directory is a temporary one and the site's settings are not read.
"""

import inspect
import os
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import hypothesis
import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from synnefo.testing.databases import Lender, migrate
from synnefo.testing.lab import deploying, ours
from synnefo.testing.lab.cluster import Lab, why_not
from synnefo.testing.mariadb import MariaServer
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.rabbitmq import RabbitServer

pytest_plugins = ("synnefo.testing.policies", "synnefo.testing.virtual")
SERVER_FIXTURES = frozenset({"postgres", "mariadb", "rabbitmq"})
MARKERS = {"every_database": ("sqlite", "postgres", "mariadb"), "both_databases": ("sqlite", "postgres")}


@runtime_checkable
class Telling(Protocol):
    """A cloud, or what a test has around one."""

    def last_words(self) -> Mapping[str, str]:
        """Of each of its programs."""


_state = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before Django reads its settings: a state directory of this run's own, and no site's settings."""
    directory = tempfile.TemporaryDirectory(prefix="synnefo-tests-")
    early_config.stash[_state] = directory
    early_config.add_cleanup(directory.cleanup)
    for name in [name for name in os.environ if name.startswith("SYNNEFO_")]:
        del os.environ[name]
    os.environ |= {"SYNNEFO_VAR": directory.name, "SYNNEFO_SETTINGS_DIR": ""}


hypothesis.settings.register_profile("synnefo", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("synnefo")


def pytest_configure(config: pytest.Config) -> None:
    for marker, databases in MARKERS.items():
        config.addinivalue_line("markers", f"{marker}: runs on each of {', '.join(databases)}")
    entry = connections.settings[DEFAULT_DB_ALIAS]
    if entry["ENGINE"].endswith("sqlite3"):
        entry["TEST"]["NAME"] = str(Path(config.stash[_state].name) / "tests.sqlite3")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> None:
    """A marked test uses the fixture that chooses its database, also when it does not ask for it: pytest drops fixtures
    that nobody uses, and the test would run on SQLite each time."""
    if inspect.isfunction(obj) and collector.funcnamefilter(name):
        own = {mark.name for mark in getattr(obj, "pytestmark", ())}
        if any(marker in own or collector.get_closest_marker(marker) for marker in MARKERS):
            pytest.mark.usefixtures("default_database")(obj)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = [marker for marker in MARKERS if metafunc.definition.get_closest_marker(marker)]
    if wanted:
        metafunc.fixturenames.remove("default_database")
        metafunc.fixturenames.insert(0, "default_database")  # before the fixtures that open a transaction
        servers = [pytest.param(name, marks=pytest.mark.servers) for name in MARKERS[wanted[0]] if name != "sqlite"]
        metafunc.parametrize("default_database", ["sqlite", *servers], indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")
        if item.get_closest_marker("ganeti"):
            item.add_marker(pytest.mark.xdist_group("ganeti"))
        elif item.get_closest_marker("servers") or item.get_closest_marker("acceptance"):
            item.add_marker(pytest.mark.xdist_group("servers"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the programs of a cloud printed is told when a test of it fails: their files go with them."""
    report = yield
    for name, value in getattr(item, "funcargs", {}).items():
        if report.failed and isinstance(value, Telling):
            report.sections += [(f"{name}: {program}", words) for program, words in value.last_words().items()]
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; its databases are this run's own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaServer]:
    """A running server; its databases are this run's own."""
    with MariaServer() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitServer]:
    """A running broker; its queues are this run's own."""
    with RabbitServer() as server:
        yield server


@pytest.fixture(scope="session")
def ganeti() -> Iterator[Lab]:
    """A running cluster of one node, which is one of ours. Its instances are the tests' that made them."""
    if reason := why_not():
        pytest.skip(reason)
    with Lab() as lab:
        ours.node(lab.master)
        deploying.logs(lab.master)
        yield lab


@pytest.fixture(scope="module")
def ganeti_of_three() -> Iterator[Lab]:
    """One of three nodes, on which a test may give nodes up."""
    if reason := why_not():
        pytest.skip(reason)
    with Lab(nodes=3) as lab:
        yield lab


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer, django_db_setup: None, django_db_blocker: Any) -> dict[str, Any]:  # noqa: ARG001
    """An entry for ``DATABASES``, with our tables in it."""
    postgres.create_database("django")
    entry = postgres.django("django")
    with django_db_blocker.unblock():
        migrate(entry)
    return entry


@pytest.fixture(scope="session")
def migrated_mariadb(mariadb: MariaServer, django_db_setup: None, django_db_blocker: Any) -> dict[str, Any]:  # noqa: ARG001
    """The same, on MariaDB."""
    mariadb.create_database("django")
    entry = mariadb.django("django")
    with django_db_blocker.unblock():
        migrate(entry)
    return entry


@pytest.fixture(scope="session")
def lender_of_postgres(migrated_postgres: dict[str, Any], django_db_blocker: Any) -> Iterator[Lender]:
    """Of the connection that its tests share."""
    yield from _lender(migrated_postgres, django_db_blocker)


@pytest.fixture(scope="session")
def lender_of_mariadb(migrated_mariadb: dict[str, Any], django_db_blocker: Any) -> Iterator[Lender]:
    """The same, on MariaDB."""
    yield from _lender(migrated_mariadb, django_db_blocker)


def _lender(entry: dict[str, Any], blocker: Any) -> Iterator[Lender]:
    lender = Lender(entry)
    yield lender
    with blocker.unblock():
        lender.close()


@pytest.fixture
def default_database(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[str]:  # noqa: ARG001
    """Which one a test marked ``every_database`` runs on now: ``sqlite``, ``postgres`` or ``mariadb``."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    lender: Lender = request.getfixturevalue(f"lender_of_{request.param}")
    with lender.lent():
        yield request.param
