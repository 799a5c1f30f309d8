"""``manage.py volume-keepers``, with a simulated cluster behind the real adapter: a forgotten keeper is removed when that is
asked for, and when it is nothing else."""

import datetime

import pytest
from django.core.management.base import CommandError

from ganeti.rapi import RapiClient
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from ganeti.vocabulary import volume_tag
from logic import clock
from logic.backends import building, ganeti_adopting
from logic.backends.ganeti import GanetiBackend
from logic.ledger.models import Command, Journal
from logic.messages.observations import InstanceSeen
from logic.offload import Inline
from logic.placement.models import Backend, Stray
from logic.reconcile import keepers, orphans
from logic.testing.worlds import ALICE, furnish
from logic.volume.models import Volume
from synnefo.management.tests.clusters import data, printed

pytestmark = [pytest.mark.django_db]
VOLUME = "2f1c0000-0000-4000-8000-000000000001"
NAME = f"snf-volume-{VOLUME}"


@pytest.fixture
def client(monkeypatch, settings):
    settings.BACKEND_PREFIX_ID = "snf-"
    told = Settings(nodes=(NodeSpec(name="node1"),), pace=Pace(factor=0.001))
    simulator = Simulator(Cluster(told, seed=1, store=MemoryStore(), files=MemoryFiles(), now=clock.timestamp()))
    made = RapiClient(SimulatorTransport(simulator, pause=lambda _: None))
    adapter = {"cluster": "c1", "prefix": "snf-", "client": made, "offload": Inline()}
    monkeypatch.setattr(building, "BUILDERS", {"ganeti": lambda *_: GanetiBackend(**adapter)})
    monkeypatch.setattr(ganeti_adopting, "LOOK", 0.01)
    furnish()
    Backend.objects.update(incarnation=simulator.uuid)
    return made


def keeper(client, *disks, tag=True, looks=orphans.LOOKS, **changes):
    """On the cluster, and as that many complete looks have found it."""
    spec = {
        "instance_name": NAME, "disk_template": "file", "os_type": "noop", "no_install": True, "nics": [],
        "disks": [{"size": 4}, *({"size": 32, "name": name} for name in disks or (NAME,))], "start": False,
        "tags": [volume_tag(VOLUME)] if tag else [], "pnode": "node1", "name_check": False, "ip_check": False,
        "conflicts_check": False, "beparams": {"memory": 128, "vcpus": 1},
    } | changes  # fmt: skip
    number = client.create_instance(spec, reason="a test")
    while not client.job(number).final:
        pass
    assert client.job(number).status == "success"
    seen = InstanceSeen(
        cluster="c1", server="", version=0, exists=True, instance=NAME, instance_uuid="uuid", status="stopped"
    )
    for turn in range(looks):
        orphans.report("c1", [seen], clock.now() + datetime.timedelta(seconds=turn))


def removing(*words):
    return data("volume-keepers", "--backend", "c1", "--remove", NAME, *words)


def is_there(client):
    return NAME in client.disk_names()


def test_one_whose_volume_is_not_there_is_listed_and_removed_with_its_disk_when_that_is_asked_for(client):
    keeper(client)
    (line,) = data("volume-keepers")
    assert (line["instance"], line["volume"], line["looks"]) == (NAME, VOLUME, orphans.LOOKS)
    assert removing("--dry-run")["removed"] is False
    assert is_there(client)
    assert removing() == {"instance": NAME, "volume": VOLUME, "removed": True}
    assert not is_there(client)
    assert (keepers.forgotten(), Journal.objects.get(what=keepers.REMOVED).resource) == ([], VOLUME)
    with pytest.raises(CommandError, match="forgotten keeper"):
        removing()


def test_a_half_made_one_is_removed_too(client):
    keeper(client, f"snf-filling-{VOLUME}")
    assert removing()["removed"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"tag": False}, "no tag"),
        ({"start": True}, "has been started"),
        ({"nics": [{"mode": "bridged", "link": "br0"}]}, "interfaces"),
        ({"disks": [{"size": 32, "name": NAME}, {"size": 32, "name": "precious"}]}, "other disks"),
        ({"looks": 1}, "1 complete look only"),
    ],
)
def test_one_that_may_be_something_else_is_left_alone(client, wrong, why):
    keeper(client, **wrong)
    with pytest.raises(CommandError, match=why):
        removing()
    assert (is_there(client), Stray.objects.count()) == (True, 1)


@pytest.mark.parametrize("place", ["held", "none"])
def test_one_whose_volume_has_come_up_since_is_left_alone(client, place):
    keeper(client)
    Volume.objects.create(id=VOLUME, project=ALICE.project, size=1, observed=place, backend=Backend.objects.get())
    with pytest.raises(CommandError, match=f"volume {VOLUME} is there, on c1"):
        removing()
    Volume.objects.update(observed="gone")
    about = {"kind": "volume", "resource": VOLUME, "backend": Backend.objects.get(), "payload": b"{}", "verb": "delete"}
    Command.objects.create(id="late", due_at=clock.now(), **about)
    with pytest.raises(CommandError, match="is not over"):
        removing()
    Command.objects.update(status="settled")
    Backend.objects.update(restored="at noon")
    with pytest.raises(CommandError, match="was restored"):
        removing()
    assert is_there(client)


def test_the_cluster_has_to_be_named_and_only_forgotten_keepers_are_known(client):
    with pytest.raises(CommandError, match="--backend"):
        printed("volume-keepers", "--remove", NAME)
    with pytest.raises(CommandError, match="forgotten keeper"):
        removing()
