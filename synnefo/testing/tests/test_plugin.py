"""Rules of the plugin: where tests keep state, and which database they run on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from logic.db import with_connection
from logic.offload import Threads
from logic.placement.models import Backend
from synnefo.testing.embedded import ROOT

VENDORS = {"sqlite": "sqlite", "postgres": "postgresql", "mariadb": "mysql"}


def test_state_is_kept_outside_the_tree():
    assert not Path(settings.VAR_DIR).is_relative_to(settings.BASE_DIR)


def test_the_site_s_settings_are_not_read():
    assert os.environ["SYNNEFO_SETTINGS_DIR"] == ""


@pytest.mark.django_db
def test_an_ordinary_database_test_runs_on_sqlite():
    Backend.objects.create(name="c", endpoint="https://c")
    assert connection.vendor == "sqlite"


@pytest.mark.every_database
@pytest.mark.django_db
def test_a_test_that_does_not_ask_which_database_it_is_runs_on_each(request):
    assert connection.vendor == VENDORS[request.node.callspec.params["default_database"]]


@pytest.mark.every_database
class TestEvery:
    @pytest.mark.django_db
    def test_a_test_runs_on_each_database_with_its_tables(self, default_database):
        Backend.objects.create(name="c", endpoint="https://c")
        assert connection.vendor == VENDORS[default_database]

    @pytest.mark.django_db
    def test_what_another_test_wrote_is_rolled_back(self, request):
        assert connection.vendor == VENDORS[request.node.callspec.params["default_database"]]
        assert not Backend.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_test_may_commit(self):
        Backend.objects.create(name="c", endpoint="https://c")

    @pytest.mark.django_db
    def test_what_another_test_committed_is_flushed(self):
        assert not Backend.objects.exists()

    @pytest.mark.django_db(transaction=True)
    async def test_other_threads_see_the_same_database(self, default_database):
        pool = Threads(readers=1, writers=1, around=with_connection)
        await pool.write(Backend.objects.create, name="c", endpoint="https://c")
        assert await pool.read(lambda: (connection.vendor, Backend.objects.count())) == (VENDORS[default_database], 1)
        await pool.read(connections.close_all)
        await pool.write(connections.close_all)
        pool.close()


def test_a_test_that_uses_a_server_is_marked_so(request, rabbitmq):
    assert request.node.get_closest_marker("servers")


def test_a_test_that_uses_none_is_not(request):
    assert not request.node.get_closest_marker("servers")


FAILING = """
import pytest
from synnefo.testing.embedded import EmbeddedCloud

@pytest.fixture
def cloud():
    made = EmbeddedCloud()
    made.log.write_text("the last words of a cloud")
    with made._folder:
        yield made

def test_fails(cloud):
    assert not cloud
"""


def test_what_a_cloud_printed_last_is_told_when_a_test_of_it_fails(tmp_path):
    file = tmp_path / "test_failing.py"
    file.write_text(FAILING)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        str(ROOT / "pyproject.toml"),
        "-p",
        "no:cacheprovider",
        str(file),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1
    assert "the last words of a cloud" in done.stdout
