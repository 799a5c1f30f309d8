"""A real Ganeti with an instance that nobody told us of: added as a backend, listed, imported as it is, and confirmed."""

import pytest

from logic import secretkeys
from logic.compute import queries
from logic.compute.models import Flavor, Server
from logic.identity.models import Domain, Project
from logic.ledger.models import Journal
from logic.testing.worlds import ALICE
from synnefo.management import looking
from synnefo.management.asking import ask
from synnefo.management.tests.clusters import data

pytestmark = [pytest.mark.ganeti, pytest.mark.django_db, pytest.mark.timeout(300)]
NAME = "web1.example.org"


@pytest.fixture(autouse=True)
def world(monkeypatch, tmp_path):
    monkeypatch.setattr(secretkeys, "_current", secretkeys.Keyring(tmp_path / "secret-keys"))
    monkeypatch.setattr(looking, "BETWEEN", 0.0)
    Flavor.objects.create(id="1", name="m1.tiny", vcpus=1, ram=128, disk=0)
    domain, _ = Domain.objects.get_or_create(id="default", defaults={"name": "Default"})
    Project.objects.create(id=ALICE.project, name="alice", domain=domain)


@pytest.fixture
def added(ganeti, tmp_path):
    """What ``backend-add`` said."""
    password = tmp_path / "password"
    password.write_text(ganeti.password)
    reach = ("--endpoint", ganeti.endpoint, "--username", ganeti.user, "--password-file", str(password))
    return data("backend-add", "lab", *reach, "--ca-file", str(ganeti.certificate), "--disk-template", "file")


@pytest.fixture
def instance(ganeti):
    """``gnt-instance add``, by hand, on a node without disks for it."""
    node = ganeti.master
    node.run(
        "gnt-instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
        "-B", "memory=128,vcpus=1", "--net", "0:name=nic", "--tags", "customer:red", "-n", node.name, NAME,
    )  # fmt: skip
    yield NAME
    node.run("gnt-instance", "remove", "--force", NAME)


def there():
    """Everything on the cluster and all jobs it ever had."""

    async def question(cluster):
        return await cluster.survey(), (await cluster.facts()).last_job

    return ask("lab", question)


def test_it_is_listed_imported_as_it_is_and_confirmed(ganeti, added, instance, tmp_path):
    assert (added["software"], added["unfit"]) == ("3.0.2", "")
    assert "instance-create-reqv1" in added["features"].split()
    # Given that a complete look has found it
    data("reconcile", "--fix")
    (stray,) = [one for one in data("server-strays", "--kind", "foreign") if one["instance"] == instance]
    assert (stray["backend"], stray["status"]) == ("lab", "running")
    # When it is imported
    owners = tmp_path / "owners.toml"
    owners.write_text('[[owner]]\ntag = "customer:*"\nproject = "alice"\n')
    before = there()
    (planned,) = [one for one in data("cluster-import", "lab", "--owners", str(owners)) if one["instance"] == instance]
    assert (planned["action"], Server.objects.count()) == ("import", 0)
    data("cluster-import", "lab", "--owners", str(owners), "--go")
    # Then it is a locked server, and its cluster knows nothing of it
    id = Server.objects.get(foreign_name=instance).pk
    shown = queries.server(ALICE, id)
    assert (shown.status, shown.locked, shown.instance) == ("ACTIVE", True, instance)
    assert there() == before
    # And it is followed all the same
    ganeti.master.run("gnt-instance", "shutdown", "--timeout=0", instance)
    data("reconcile", "--fix")
    assert (queries.server(ALICE, id).status, queries.server(ALICE, id).locked) == ("SHUTOFF", True)
    # And when it is confirmed, it is marked
    (line,) = data("cluster-import", "lab", "--confirm")
    assert (line["action"], queries.server(ALICE, id).locked) == ("confirm", False)
    assert f"synnefo:server:{id}" in ganeti.master.run("gnt-instance", "list-tags", instance).split()
    data("reconcile", "--fix")
    assert queries.server(ALICE, id).status == "SHUTOFF"
    assert [line.what for line in Journal.objects.filter(resource=id) if line.what in {"imported", "confirmed"}] == [
        "imported", "confirmed",
    ]  # fmt: skip
