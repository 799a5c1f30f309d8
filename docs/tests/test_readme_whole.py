"""README.deploy carried out on one machine from its first chapter on (``synnefo.testing.lab.whole``): the cloud that is there in
the end does what the page says of it. The clients of tenants walk through the same cloud in ``synnefo/tests/test_clients.py``."""

import re

import pytest

from synnefo.testing.lab.cluster import Lab, why_not
from synnefo.testing.lab.whole import MANAGE, Whole
from synnefo.testing.readme import block, blocks, managed, shell
from synnefo.testing.road import OpenStack

pytestmark = [pytest.mark.ganeti, pytest.mark.verify, pytest.mark.timeout(900)]
SPECIMENS = (
    "snf-4711",
    "7",
    "owners.toml",
    "restore",
    "vncauthproxy",
    "dispatcher",
    "bootstrap",
    "loaddata",
    "$CLUSTER",
)


@pytest.fixture(scope="module")
def deployed():
    if reason := why_not():
        pytest.skip(reason)
    with Lab() as lab, Whole(lab) as made:
        yield made


@pytest.fixture(scope="module")
def tenant(deployed):
    return OpenStack(deployed.clouds)


def test_what_is_not_carried_out_to_make_it_is_walked_elsewhere(deployed):
    walked = "".join(deployed.walked)
    left = [one for one in blocks() if one.kind == "sh" and not all(line in walked for line in lines(one))]
    assert [(one.section.partition(".")[0], one.text.splitlines()[-1]) for one in left if one.section[:3] != "13."] == [
        ("1", "export INSIDE=192.0.2.0/24 CLUSTER=ganeti1"),  # with other names
        (
            "4",
            "install -d -o synnefo -g synnefo -m 0750 /var/lib/synnefo /var/log/synnefo",
        ),  # the checkout is this machine's
        ("12", "manage secret-keys --rotate"),  # below
        ("12", "systemctl try-restart 'synnefo-*'"),  # there is no newer version
        ("12", block("12.", "STATEMENT_TIMEOUT").strip()),  # below
        ("14", "systemctl enable --now synnefo-vncauthproxy"),  # below
    ]  # 13: docs/tests/test_readme_servers.py


def lines(one):
    """But those that name somebody else's machine."""
    return [line for line in one.text.splitlines() if "example.org" not in line]


def test_what_a_reader_is_told_to_try_works(tenant):
    (text,) = [block.text for block in blocks() if "--wait demo" in block.text]
    for line in text.splitlines():
        tenant.run(*line.removeprefix("openstack --os-cloud synnefo ").split())


def test_a_server_is_what_the_operator_sees(deployed, tenant):
    tenant.run("server", "create", "--flavor", "m1.tiny", "--image", "cirros", "--wait", "seen")
    (name,) = re.findall(r"snf-\d+", deployed.manage("server-list"))
    assert "seen" in deployed.manage("server-show", name)
    assert "ACTIVE" in deployed.manage("server-inspect", name)
    assert "1 servers asked about, 0 changes, 0 instances unaccounted for" in deployed.manage("reconcile")
    tenant.run("server", "delete", "--wait", "seen")


@pytest.mark.parametrize(
    "words", [words for words in managed() if not {*words} & {*SPECIMENS, "snf-7"} and len(words) > 1], ids=" ".join
)
def test_an_operator_command_is_done(deployed, words):
    assert not any("$" in word for word in words)
    deployed.manage(*words)


@pytest.mark.parametrize("command", ["rotate", "STATEMENT_TIMEOUT"])
def test_what_running_it_asks_for_is_done(deployed, command):
    (text,) = [
        one.text for one in blocks() if one.section.startswith("12.") and one.kind == "sh" and command in one.text
    ]
    deployed.carry_out(MANAGE + text)


def test_the_proxy_of_screens_starts(deployed):
    deployed.carry_out(shell("14."))
    assert "vncauthproxy" in deployed.node.run("ps", "ax")


def test_the_apis_are_there_by_tls_for_who_knows_the_authority(deployed):
    for place in ("health", "metrics", "images/guest.sha256"):
        deployed.node.run("curl", "--fail", "--silent", f"{deployed.url}/{place}")
