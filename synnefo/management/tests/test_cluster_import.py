"""``manage.py cluster-import``: a whole cluster with an owner for each instance, with a simulated one behind the real adapter."""

import json
import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from ganeti.rapi import RapiClient
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from ganeti.vocabulary import nic_name
from logic import clock
from logic.backends import building, ganeti_adopting
from logic.backends.base import Described
from logic.backends.ganeti import GanetiBackend
from logic.compute import commands, confirming, queries
from logic.compute.listing import ServerFilter
from logic.compute.models import Flavor, Server
from logic.dispatcher.policy.splitting import apply_all
from logic.errors import Transient, WrongState
from logic.identity.models import Domain, Project, User
from logic.ledger import queries as ledger
from logic.ledger.envelopes import local
from logic.ledger.models import Command, Journal
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.network.models import Address, Port
from logic.offload import Inline
from logic.placement.models import Backend
from logic.quota import queries as quota
from logic.quota.models import Delta, Limit
from logic.reconcile import servers
from logic.testing.worlds import ALICE, BOB, NETWORK, create, furnish, take
from synnefo.management import ownership, taking
from synnefo.management.asking import ask
from synnefo.management.tests.clusters import data, printed
from synnefo.testing.readme import ROOT

pytestmark = [pytest.mark.django_db]
OWNERS = """
[[owner]]
tag = "customer:red"
project = "alice"
user = "alice"

[[owner]]
instance = "db*.example.org"
project = "bob"
flavor = "m1.tiny"
name = "old-{instance}"
"""


@pytest.fixture
def simulator(monkeypatch):
    settings = Settings(nodes=(NodeSpec(name="node1"),), pace=Pace(factor=0.001))
    made = Simulator(Cluster(settings, seed=1, store=MemoryStore(), files=MemoryFiles(), now=clock.timestamp()))
    monkeypatch.setattr(building, "BUILDERS", {"ganeti": lambda access, site: adapter(made, site)})
    monkeypatch.setattr(ganeti_adopting, "LOOK", 0.01)
    return made


def adapter(simulator, site):
    client = RapiClient(SimulatorTransport(simulator, pause=lambda _: None))
    return GanetiBackend(cluster="c1", prefix=site.prefix, client=client, offload=Inline())


@pytest.fixture
def client(simulator):
    return RapiClient(SimulatorTransport(simulator, pause=lambda _: None))


@pytest.fixture(autouse=True)
def world(simulator, settings, client):
    """Two owned instances and one that nobody owns, made by hand; a flavor, two projects."""
    settings.GANETI_NIC_LINK = "br0"
    furnish()
    Backend.objects.update(incarnation=simulator.uuid)
    Flavor.objects.create(id="2", name="m1.two", vcpus=2, ram=1024, disk=1)
    domain, _ = Domain.objects.get_or_create(id="default", defaults={"name": "Default"})
    for caller in (ALICE, BOB):
        Project.objects.create(id=caller.project, name=caller.user, domain=domain)
        User.objects.create(id=caller.user, name=caller.user, domain=domain, password="")
    for place, (name, *tags) in enumerate(
        [("db1.example.org",), ("web1.example.org", "customer:red"), ("x.example.org",)]
    ):
        make(client, name, f"10.0.0.{100 + place}", tags)


def make(client, name, ip, tags=()):
    """``gnt-instance add``."""
    nic = {"mac": f"aa:00:00:00:01:{ip[-2:]}", "ip": ip, "mode": "bridged", "link": "br0"}
    spec = {
        "instance_name": name, "disk_template": "file", "disks": [{"size": 1024}], "os_type": "noop", "nics": [nic],
        "beparams": {"memory": 1024, "vcpus": 2}, "tags": list(tags), "start": True, "pnode": "node1",
        "name_check": False, "ip_check": False, "conflicts_check": False,
    }  # fmt: skip
    ended(client, client.create_instance(spec, reason="by hand"))


def ended(client, number):
    while not client.job(number).final:
        pass
    assert client.job(number).status == "success"


@pytest.fixture
def owners(tmp_path):
    file = tmp_path / "owners.toml"
    file.write_text(OWNERS)
    return str(file)


def importing(owners, *words):
    return {line["instance"]: line for line in data("cluster-import", "c1", "--owners", owners, *words)}


def told(*words):
    return {line["instance"]: line for line in data("cluster-import", "c1", *words)}


def rows():
    return [list(model.objects.values()) for model in (Server, Port, Address, Journal, Delta, Command)]


def there(client):
    """The cluster's every instance, as it is, and how many jobs it was ever given."""
    return client.all_measured(), client.job_ids()


def look():
    """The reconciler looks at every server, and the road takes what it saw."""
    known = servers.of_backend("c1")
    answers = ask("c1", lambda cluster: cluster.observe(known.targets, whole=True))
    apply_all([local(one) for one in answers if one.server])


def server(name):
    return Server.objects.get(foreign_name=name)


# The plan


def test_the_plan_says_what_becomes_of_each_instance_and_changes_nothing_anywhere(owners, client):
    before = rows(), there(client)
    plan = importing(owners)
    assert {name: (line["action"], line["project"]) for name, line in plan.items()} == {
        "db1.example.org": ("import", BOB.project),
        "web1.example.org": ("import", ALICE.project),
        "x.example.org": ("no owner", ""),
    }
    assert (rows(), there(client)) == before


def test_the_plan_counts_what_the_quota_has_no_room_for_together(owners, client):
    make(client, "web2.example.org", "10.0.0.110", ["customer:red"])
    Limit.objects.create(project=ALICE.project, resource="servers", amount=1)
    with pytest.raises(CommandError, match="1 of 4 instances were refused") as failure:
        printed("cluster-import", "c1", "--owners", owners)
    assert failure.value.returncode == 1
    assert not Server.objects.exists()


# The import


def test_each_instance_becomes_a_locked_server_of_its_owner_under_its_own_name(owners, client):
    before = there(client)
    importing(owners, "--go")
    # Then they are shown as they are
    web, db = (
        queries.server(caller, server(name).pk)
        for caller, name in ((ALICE, "web1.example.org"), (BOB, "db1.example.org"))
    )
    assert (web.name, web.instance, web.status, web.flavor.name, web.user) == (
        "web1.example.org", "web1.example.org", "ACTIVE", "m1.two", "alice",
    )  # fmt: skip
    assert (db.name, db.flavor.name, db.locked) == ("old-db1.example.org", "m1.tiny", True)
    assert [one.ip for one in web.addresses] == ["10.0.0.101"]
    assert quota.usage(ALICE.project) == {"servers": 1, "cores": 2, "ram": 1024, "ports": 1}
    # And nothing was told to their cluster
    assert there(client) == before


def test_a_second_time_nothing_is_made(owners):
    importing(owners, "--go")
    before = rows()
    assert [line["action"] for line in importing(owners, "--go").values()] == ["is a server", "is a server", "no owner"]
    assert rows() == before


def test_an_import_that_was_broken_off_is_gone_on_with(owners, monkeypatch):
    real = taking.adopting.adopt
    monkeypatch.setattr(taking.adopting, "adopt", first_only(real))
    with pytest.raises(CommandError, match="away"):
        importing(owners, "--go")
    assert Server.objects.count() == 1
    monkeypatch.setattr(taking.adopting, "adopt", real)
    importing(owners, "--go")
    assert Server.objects.count() == 2


def first_only(real):
    def adopt(caller, made):
        if Server.objects.exists():
            raise Transient("the database is away")
        real(caller, made)

    return adopt


def test_one_that_is_refused_is_told_and_the_others_are_imported(owners):
    Flavor.objects.filter(pk="2").delete()
    with pytest.raises(CommandError, match="1 of 3"):
        printed("cluster-import", "c1", "--owners", owners, "--go")
    assert [row.foreign_name for row in Server.objects.all()] == ["db1.example.org"]


# Imported, and nobody has confirmed it


def test_nothing_may_be_asked_of_it(owners):
    importing(owners, "--go")
    id = server("web1.example.org").pk
    for ask_for in (
        lambda: commands.stop_server(ALICE, id),
        lambda: commands.reboot_server(ALICE, id, hard=True),
        lambda: commands.delete_server(ALICE, id),
        lambda: commands.delete_server(ALICE, id, force=True),
        lambda: commands.change_server(ALICE, id, commands.Changes(name="mine")),
        lambda: commands.set_metadata(ALICE, id, {"a": "b"}, replace=True),
        lambda: commands.open_console(ALICE, id),
        lambda: network.plug_port(ALICE, id, NewNic(network=NETWORK)),
        lambda: network.unplug_port(ALICE, id, Port.objects.get(device=id).pk),
    ):
        with pytest.raises(WrongState, match="read-only until an operator confirms"):
            ask_for()
    assert not Command.objects.exists()


def test_it_is_found_by_looking_though_nothing_on_it_says_whose_it_is(owners, client):
    importing(owners, "--go")
    ended(client, client.shutdown("web1.example.org", timeout=1, reason="by hand"))
    for _ in range(3):
        look()
    web = queries.server(ALICE, server("web1.example.org").pk)
    assert (web.status, web.locked) == ("SHUTOFF", True)
    assert [port.observed for port in Port.objects.filter(device=web.id)] == ["plugged"]


def test_one_that_is_removed_by_hand_is_unknown_and_found_again_only_if_it_is_the_same(owners, client):
    importing(owners, "--go")
    id = server("web1.example.org").pk
    ended(client, client.remove("web1.example.org", shutdown_timeout=0, reason="by hand"))
    for _ in range(3):
        look()
    assert queries.server(ALICE, id).status == "UNKNOWN"
    make(client, "web1.example.org", "10.0.0.101", ["customer:red"])
    look()
    assert queries.server(ALICE, id).status == "UNKNOWN"
    assert told_lines(id).count("missing") == 2


def told_lines(id):
    return [line.what for line in ledger.timeline("server", id, limit=50)]


def test_a_list_can_be_narrowed_to_those_that_are_locked(owners):
    create()
    importing(owners, "--go")
    found = {
        locked: [info.name for info in queries.servers(ALICE, ServerFilter(locked=locked))] for locked in (True, False)
    }
    assert found == {True: ["web1.example.org"], False: ["demo"]}


# Confirmed


def test_a_confirmed_one_is_marked_on_its_cluster_and_a_server_like_any_other(owners, client):
    importing(owners, "--go")
    lines = told("--confirm", "--instance", "web1.example.org")
    row = server("web1.example.org")
    assert lines["web1.example.org"]["action"] == "confirm"
    found = client.instance("web1.example.org")
    assert (found.owner, found.nics[0].name) == (row.pk, nic_name("snf-", Port.objects.get(device=row.pk).pk))
    # Then it is looked after by its tag, and obeys under its own name
    look()
    assert not queries.server(ALICE, row.pk).locked
    commands.stop_server(ALICE, row.pk)
    assert take().command.instance == "web1.example.org"
    # And the other one still waits
    assert [one.foreign_name for one in confirming.waiting("c1")] == ["db1.example.org"]
    assert [line["instance"] for line in data("server-list", "--locked")] == ["db1.example.org"]


def test_all_that_wait_are_confirmed_at_once_and_twice_is_once(owners, client):
    importing(owners, "--go")
    assert len(told("--confirm")) == 2
    jobs = client.job_ids()
    assert told("--confirm") == {}
    assert client.job_ids() == jobs
    assert not Server.objects.exclude(mode="normal").exists()


def test_another_instance_of_its_name_is_not_confirmed_and_not_marked(owners, client):
    importing(owners, "--go")
    ended(client, client.remove("web1.example.org", shutdown_timeout=0, reason="by hand"))
    make(client, "web1.example.org", "10.0.0.101")
    with pytest.raises(CommandError, match="1 of 2"):
        printed("cluster-import", "c1", "--confirm")
    assert client.instance("web1.example.org").owner == ""
    assert server("web1.example.org").mode == "imported"


def test_the_journal_replays_to_the_mode(owners):
    importing(owners, "--go")
    told("--confirm")
    for row in Server.objects.all():
        replayed = {}
        for line in Journal.objects.filter(kind="server", resource=row.pk).order_by("id"):
            replayed |= line.changes
        assert (replayed["mode"], replayed["version"]) == (row.mode, row.version) == ("normal", row.version)


# Forgotten


def test_an_import_that_is_forgotten_leaves_nothing_and_can_be_made_again(owners, client):
    before, cluster = rows(), there(client)
    importing(owners, "--go")
    told("--forget", "--instance", "web1.example.org")
    assert [row.foreign_name for row in Server.objects.all()] == ["db1.example.org"]
    assert quota.usage(ALICE.project) == dict.fromkeys(("servers", "cores", "ram", "ports"), 0)
    told("--forget")
    assert (Server.objects.count(), Port.objects.count(), Address.objects.count()) == (0, 0, 0)
    assert there(client) == cluster
    importing(owners, "--go")
    assert Server.objects.count() == 2
    assert before[0] == []


def test_a_confirmed_one_is_not_forgotten(owners):
    importing(owners, "--go")
    told("--confirm")
    assert told("--forget") == {}
    with pytest.raises(CommandError, match="No import on c1"):
        told("--forget", "--instance", "web1.example.org")
    assert Server.objects.count() == 2


# The file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[owner]]\nproject = 'alice'", "Rule 1 .* neither which instance nor which tag"),
        ("[[owner]]\ninstance = '*'\nproject = 'nosuch'", "nosuch"),
        ("[[owner]]\ninstance = '*'\nproject = 'alice'\nuser = 'nosuch'", "nosuch"),
        ("[[owner]]\ninstance = '*'\nproject = 'alice'\ncolour = 'red'", "colour"),
        ("[[owner]]\ninstance = '*'", "project"),
        ("owner", "Cannot read the owners"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_why(tmp_path, text, said):
    file = tmp_path / "owners.toml"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        importing(str(file))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        importing(str(tmp_path / "nosuch"))


def test_the_table_can_be_read_by_people_and_programs(owners, capsys):
    assert "web1.example.org" in printed("cluster-import", "c1", "--owners", owners)
    call_command("cluster-import", "c1", "--owners", owners, "--json")
    said = capsys.readouterr()
    assert json.loads(said.out)
    assert "nothing was changed" in said.err


def test_the_rules_of_the_documentation_can_be_read(tmp_path, monkeypatch):
    (block,) = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs/operations/clusters.md").read_text(), re.DOTALL | re.MULTILINE
    )
    file = tmp_path / "owners.toml"
    file.write_text(block)
    for known in ("project_id", "user_id"):
        monkeypatch.setattr(ownership, known, lambda word: word)
    red = ownership.read(str(file)).wanted(
        "c1", Described(instance="db1.example.org", instance_uuid="", tags=("customer:red",))
    )
    dba = ownership.read(str(file)).wanted("c1", Described(instance="db1.example.org", instance_uuid=""))
    assert (red.project, red.user, dba.project, dba.name) == ("red", "alice", "dba", "old-db1.example.org")
