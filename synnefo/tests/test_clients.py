"""The clients that tenants bring, unchanged, on each form of the cloud: the day of commands, two libraries, Ansible.

What not every form can do is left out by what it can (``forms.CAN``), not by a walk of its own.
"""

import time

import pytest

from synnefo.testing.clients import ansible_walk, libcloud_walk, packer_walk, sdk_walk, shell
from synnefo.testing.clients.deployed import DeployedCloud
from synnefo.testing.clients.files import DAY, files
from synnefo.testing.clients.forms import CAN, FORMS
from synnefo.testing.lab.cluster import why_not
from synnefo.testing.packages import require

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),  # its own affairs
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning"),
    pytest.mark.filterwarnings("ignore:.*unclosed file:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]
EMBEDDED = pytest.param("embedded")
PARTS = pytest.param("parts", marks=pytest.mark.servers)
AT_FULL_SIZE = [
    pytest.param("parts", marks=[pytest.mark.servers, pytest.mark.verify]),
    pytest.param("ganeti", marks=[pytest.mark.ganeti, pytest.mark.verify]),
]


def on(*forms):
    return pytest.mark.parametrize("form", forms, indirect=True, scope="module")


@pytest.fixture(scope="module")
def form(request):
    return request.param


@pytest.fixture(scope="module")
def cloud(request, form):
    require("novnc")
    if form == "ganeti" and (reason := why_not()):
        pytest.skip(reason)
    servers = [request.getfixturevalue(name) for name in ("postgres", "rabbitmq")] if form == "parts" else []
    with DeployedCloud(*servers) if servers else FORMS[form]() as cloud:
        yield cloud


@pytest.fixture
def brought(form, cloud):
    return files(cloud.clouds.parent, CAN[form])


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Libraries that wait look several times a second."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.25)))


@on(EMBEDDED, *AT_FULL_SIZE)
def test_a_day_of_openstack_commands(form, cloud, brought):
    told = list(shell.walk(cloud.clouds, DAY.read_text(), {"FILES": str(brought)}, CAN[form]))
    assert [(one.line, one.wrong) for one in told if one.wrong] == []
    assert len(told) > 150


@on(EMBEDDED, *AT_FULL_SIZE)
def test_libcloud(form, cloud):
    libcloud_walk.walk(libcloud_walk.driver(cloud.clouds), CAN[form])


@on(EMBEDDED, PARTS, AT_FULL_SIZE[1])
def test_openstacksdk(form, cloud, brought):
    with sdk_walk.connect(cloud.clouds) as there:
        sdk_walk.walk(there, brought, CAN[form])


@pytest.mark.verify
@on(EMBEDDED, *AT_FULL_SIZE)
def test_ansible_makes_all_that_a_server_needs_twice_and_changes_it_once(cloud, brought):
    """Its environment is made by ``make verify``."""
    ansible_walk.walk(cloud.clouds, brought)


@pytest.mark.verify
@on(EMBEDDED, AT_FULL_SIZE[1])
def test_packer_makes_an_image_of_a_server_that_it_makes_and_takes_away(cloud):
    require("packer")
    packer_walk.walk(cloud.clouds)
