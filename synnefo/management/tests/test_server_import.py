"""``manage.py server-import``, with a simulated cluster behind the real adapter."""

import pytest
from django.core.management.base import CommandError

from ganeti.rapi import RapiClient
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Fault
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from ganeti.vocabulary import nic_name, server_tag
from logic import clock
from logic.backends import building, ganeti_adopting
from logic.backends.ganeti import GanetiBackend
from logic.compute import adopting, commands, queries
from logic.compute.models import Flavor, Server, ServerNumber
from logic.errors import Transient
from logic.identity.models import Domain, Project, User
from logic.ledger import queries as ledger
from logic.ledger.models import Command, Journal
from logic.ledger.resources import STATE_COLUMNS
from logic.network.models import Address, Foreign, Network, Port
from logic.offload import Inline
from logic.placement.models import Backend, Stray
from logic.quota import queries as quota
from logic.quota.models import Delta, Limit
from logic.reconcile import orphans
from logic.testing.worlds import ADMIN, ALICE, NETWORK, create, furnish, take
from synnefo.management.asking import ask
from synnefo.management.tests.clusters import data, printed

pytestmark = [pytest.mark.django_db]
MAC, IP = "aa:00:00:11:22:33", "10.0.0.77"
NIC = {"mac": MAC, "ip": IP, "mode": "bridged", "link": "br0"}
PROJECT = ALICE.project


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


@pytest.fixture(autouse=True)
def world(simulator, settings):
    settings.GANETI_NIC_LINK = "br0"
    furnish()
    Backend.objects.update(incarnation=simulator.uuid)
    Flavor.objects.create(id="2", name="m1.two", vcpus=2, ram=1024, disk=4)
    domain, _ = Domain.objects.get_or_create(id="default", defaults={"name": "Default"})
    Project.objects.create(id=PROJECT, name="alice", domain=domain)


@pytest.fixture
def client(simulator):
    return RapiClient(SimulatorTransport(simulator, pause=lambda _: None))


@pytest.fixture
def there(client):
    """Make an instance that nobody has told us of."""

    def make(name="snf-4711", *nics, tags=()):
        spec = {
            "instance_name": name, "disk_template": "file", "disks": [{"size": 1024}, {"size": 3000}], "os_type": "noop",
            "nics": list(nics or (NIC,)), "beparams": {"memory": 1024, "vcpus": 2}, "tags": list(tags), "start": True,
            "pnode": "node1", "name_check": False, "ip_check": False, "conflicts_check": False,
        }  # fmt: skip
        number = client.create_instance(spec, reason="by hand")
        while not client.job(number).final:
            pass
        assert client.job(number).status == "success"
        return name

    return make


def importing(instance, *words):
    return data("server-import", "c1", instance, "--project", "alice", *words)


def rows():
    return [list(model.objects.values()) for model in (Server, Port, Address, Foreign, Journal, Delta, Command, Stray)]


def test_an_instance_becomes_a_running_server_of_the_project(there, client):
    # Given an instance on the cluster with our name and one interface on our network
    name = there()
    # When it is imported
    told = importing(name, "--name", "precious")
    # Then it is a server like any other, as large as it is, with its interface as a port
    server = Server.objects.get()
    assert (told["id"], told["imported"]) == (server.pk, True)
    assert (server.number, server.name, server.project, server.observed, server.version > 0) == (
        4711, "precious", PROJECT, "running", True,
    )  # fmt: skip
    assert (server.vcpus, server.ram, server.disk, server.flavor_id) == (2, 1024, 4, "2")
    assert queries.server(ALICE, server.pk).status == "ACTIVE"
    port = Port.objects.get()
    assert (port.device, port.mac, port.network_id, port.observed, port.owned) == (
        server.pk, MAC, NETWORK, "plugged", True,
    )  # fmt: skip
    assert Address.objects.get().ip == IP
    # And the cluster knows whose it is
    found = client.instance(name)
    assert (found.owner, found.nics[0].name) == (server.pk, nic_name("snf-", port.pk))
    # And numbers go on above its
    assert ServerNumber.objects.create().pk > 4711


def test_the_project_is_charged_and_the_timeline_tells_of_it(there):
    importing(there())
    used = {name: quota.used(PROJECT, name) for name in ("servers", "cores", "ram", "ports")}
    assert used == {"servers": 1, "cores": 2, "ram": 1024, "ports": 1}
    lines = [(one.what, one.actor) for one in ledger.timeline("server", Server.objects.get().pk, limit=10)]
    assert ("imported", "operator") in lines


def test_the_journal_replays_to_the_row(there):
    importing(there())
    for row, kind in ((Server.objects.get(), "server"), (Port.objects.get(), "port")):
        replayed = {}
        for line in Journal.objects.filter(kind=kind, resource=row.pk).order_by("id"):
            replayed |= line.changes
        assert {name: getattr(row, name) for name in STATE_COLUMNS} == {name: replayed[name] for name in STATE_COLUMNS}


def test_it_can_be_stopped_like_any_other(there):
    importing(there())
    commands.stop_server(ALICE, Server.objects.get().pk)
    assert take().command.instance == "snf-4711"


def test_a_dry_run_says_the_same_and_changes_nothing(there, client):
    name = there()
    before, instance = rows(), client.instance(name)
    told = importing(name, "--dry-run")
    assert (told["instance"], told["vcpus"], told["imported"], told["ports"][0]["mac"]) == (name, 2, False, MAC)
    assert (rows(), client.instance(name)) == (before, instance)


def test_it_is_struck_off_the_quarantine(there):
    name = there()
    Stray.objects.create(backend=Backend.objects.get(), instance=name, kind="orphan", reason="")
    importing(name)
    assert not Stray.objects.exists()


def test_a_maker_can_be_named(there):
    User.objects.create(id="u" * 32, name="bob", domain=Domain.objects.get(), password="")
    importing(there(), "--user", "bob")
    assert Server.objects.get().user == "u" * 32


def test_an_interface_on_none_of_our_networks_is_left_as_it_is(there, client):
    other = {"mac": "aa:00:00:11:22:44", "mode": "bridged", "link": "br9", "name": "uplink"}
    name = there("snf-4711", NIC, other)
    told = importing(name)
    assert [bool(one["port"]) for one in told["ports"]] == [True, False]
    assert Port.objects.count() == 1
    assert client.instance(name).nics[1].name == "uplink"


@pytest.mark.parametrize("ip", ["192.0.2.9", None])
def test_a_network_is_the_instances_when_link_and_address_fit_one_alone(there, ip):
    nic = {**NIC, "ip": ip} if ip else {key: value for key, value in NIC.items() if key != "ip"}
    told = importing(there("snf-4711", nic))
    assert bool(told["ports"][0]["port"]) is (ip is None)
    assert not Address.objects.exists()


def test_when_two_networks_fit_none_is_chosen(there):
    Network.objects.create(name="twin", shared=True)
    nic = {key: value for key, value in NIC.items() if key != "ip"}
    assert importing(there("snf-4711", nic))["ports"][0]["port"] == ""


def test_a_network_that_the_project_cannot_use_is_none(there):
    Network.objects.update(shared=False, project="f" * 32)
    assert importing(there())["ports"][0]["port"] == ""


def test_a_network_that_leaves_the_link_to_the_cluster_is_known_by_the_address(there, settings):
    settings.GANETI_NIC_LINK = ""
    without = {**{key: value for key, value in NIC.items() if key != "ip"}, "mac": "aa:00:00:11:22:44"}
    told = importing(there("snf-4711", NIC, without))
    assert [bool(one["port"]) for one in told["ports"]] == [True, False]


# What is refused, and leaves nothing


def refused(instance, *words, match):
    before = rows()
    with pytest.raises(CommandError, match=match) as failure:
        importing(instance, *words)
    assert rows() == before
    return failure.value


def test_a_name_that_is_not_ours_is_refused_with_what_to_do(there, client):
    name = there("web1.example.org")
    error = refused(name, match=r"gnt-instance rename .* web1\.example\.org snf-\d+")
    assert client.instance(name).owner == ""
    # And the number in the advice is handed out to nobody else
    number = int(str(error).rsplit("snf-", 1)[1].rstrip("."))
    assert create(ADMIN).number > number


def test_a_number_that_another_server_has_is_refused_with_what_to_do(there):
    number = create().number
    refused(there(f"snf-{number}"), match="gnt-instance rename")


def test_an_instance_that_is_a_server_already_is_refused(there):
    name = there()
    importing(name)
    refused(name, match="already")


def test_the_tag_of_another_server_is_refused_with_what_to_do(there):
    server = create()
    refused(there(tags=[server_tag(server.pk)]), match=f"which is {server.instance}.*remove-tags")
    Server.objects.filter(pk=server.pk).update(observed="gone")
    refused("snf-4711", match=r"deleted.*remove-tags")


def test_an_instance_that_does_not_exist_is_not_found():
    refused("snf-9", match="No instance on c1")


def test_another_incarnation_is_refused(there):
    Backend.objects.update(incarnation="another")
    refused(there(), match="accept-incarnation")


def test_a_size_without_a_flavor_is_refused_unless_one_is_named(there):
    Flavor.objects.filter(pk="2").delete()
    name = there()
    refused(name, match="2 cores, 1024 MiB of memory and 4 GiB")
    refused(name, "--flavor", "nosuch", match="nosuch")
    importing(name, "--flavor", "m1.tiny")
    server = Server.objects.get()
    assert (server.flavor_name, server.vcpus, server.ram) == ("m1.tiny", 2, 1024)


@pytest.mark.parametrize("resource", ["servers", "cores", "ram", "ports"])
def test_what_the_quota_does_not_allow_is_refused_before_the_cluster_hears_of_it(there, client, resource):
    name = there()
    Limit.objects.create(project=PROJECT, resource=resource, amount=0)
    jobs = len(client.jobs())
    refused(name, match="Quota exceeded")
    assert len(client.jobs()) == jobs


@pytest.mark.parametrize("what", ["mac", "ip"])
def test_a_mac_or_an_address_that_another_port_has_is_refused(there, client, what):
    create()
    if what == "mac":
        Port.objects.update(mac=MAC)
    else:
        Address.objects.update(ip=IP)
    name = there()
    nic = client.instance(name).nics[0]
    error = refused(name, match=MAC if what == "mac" else IP)
    change = "mac=generate" if what == "mac" else "ip=ADDRESS"
    assert f"gnt-instance modify --net {nic.uuid}:modify,{change} {name}" in str(error)
    assert f"server {Server.objects.get().pk}" in str(error)
    assert client.instance(name).owner == ""


def test_an_address_that_another_orphan_has_is_refused_with_its_name(there):
    report(there("snf-4712", {**NIC, "mac": "aa:00:00:11:22:99"}))
    refused(there(), match=f"Instance snf-4712 has the address {IP}")


def test_what_is_held_for_it_while_it_is_nobodys_becomes_its_own(there):
    name = there()
    report(name)
    assert Address.objects.get().port is None
    importing(name, "--dry-run")
    assert Address.objects.get().port is None
    importing(name)
    assert (Address.objects.get().port, Foreign.objects.exists()) == (Port.objects.get(), False)


def report(name):
    """A complete look finds it."""
    found = ask("c1", lambda cluster: cluster.observe([], whole=True))
    orphans.report("c1", [one for one in found if one.instance == name], clock.now())


# What fails half-way, and is taken back or taken up again


def test_when_the_rows_cannot_be_written_the_marks_are_taken_back(there, client, monkeypatch):
    name = there()
    before, instance = rows(), client.instance(name)
    real = adopting.adopt

    def lost(caller, made):
        if client.instance(name).owner:
            raise Transient("the database is away")
        real(caller, made)

    monkeypatch.setattr(adopting, "adopt", lost)
    with pytest.raises(CommandError, match="away"):
        importing(name)
    assert (rows(), client.instance(name)) == (before, instance)


@pytest.mark.parametrize("opcode", ["OP_TAGS_SET", "OP_INSTANCE_SET_PARAMS"])
def test_when_the_cluster_fails_a_job_of_it_nothing_is_left(simulator, there, client, opcode):
    name = there()
    before, instance = rows(), client.instance(name)
    simulator.faults.plan(Fault(kind="fail", match=opcode))
    with pytest.raises(CommandError, match="has ended with error"):
        importing(name)
    assert rows() == before
    found = client.instance(name)
    assert (found.owner, [nic.name for nic in found.nics]) == ("", [nic.name for nic in instance.nics])
    # And the next attempt goes through
    importing(name)


def test_an_import_that_died_between_marks_and_rows_is_taken_up_with_the_same_ids(there, client, monkeypatch):
    name = there()
    with monkeypatch.context() as broken:
        broken.setattr(adopting, "adopt", dying(client, name))
        broken.setattr("synnefo.management.importing._take_back", lambda *_: None)
        with pytest.raises(SystemExit):
            importing(name)
    owner, nic = client.instance(name).owner, client.instance(name).nics[0].name
    assert owner
    assert importing(name)["id"] == owner
    assert nic_name("snf-", Port.objects.get().pk) == nic


def dying(client, name):
    real = adopting.adopt

    def adopt(caller, made):
        if client.instance(name).owner:
            raise SystemExit(9)
        real(caller, made)

    return adopt


def test_the_import_is_readable(there):
    assert "snf-4711" in printed("server-import", "c1", there(), "--project", "alice")
