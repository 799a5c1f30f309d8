"""The clients that tenants bring, unchanged, on the embedded cloud."""

import time
from pathlib import Path

import pytest

from synnefo.testing.clients import libcloud_walk, sdk_walk, shell
from synnefo.testing.clients.__main__ import files
from synnefo.testing.embedded import ROOT, EmbeddedCloud
from synnefo.testing.packages import require

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),  # its own affairs
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning"),
    pytest.mark.filterwarnings("ignore:.*unclosed file:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]
DAY: Path = ROOT / "contrib" / "clients" / "day.txt"


@pytest.fixture(scope="module")
def cloud():
    require("novnc")
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Libraries that wait look several times a second."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.25)))


def test_a_day_of_openstack_commands(cloud):
    told = list(shell.walk(cloud.clouds, DAY.read_text(), {"FILES": str(files(cloud.var))}))
    assert [(one.line, one.wrong) for one in told if one.wrong] == []
    assert len(told) > 150


def test_libcloud(cloud):
    libcloud_walk.walk(libcloud_walk.driver(cloud.clouds))


def test_openstacksdk(cloud):
    with sdk_walk.connect(cloud.clouds) as there:
        sdk_walk.walk(there, files(cloud.var))
