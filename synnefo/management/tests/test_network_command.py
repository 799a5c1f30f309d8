"""What an operator sees of networks: where each is, and why it is not."""

import json

import pytest
from django.core.management import CommandError, call_command

from logic.ledger.claiming import claim
from logic.messages.commands import ConnectNetwork
from logic.messages.observations import Refused
from logic.network.models import Network, Port
from logic.network.routing.carrying import Carrier, carried
from logic.network.routing.commands import NewRouter, create_routers
from logic.testing.worlds import ALICE, NETWORK, create, furnish, tell

pytestmark = pytest.mark.django_db


def listed(capsys):
    call_command("network-list", "--json")
    return json.loads(capsys.readouterr().out)


def test_a_network_that_is_on_no_cluster_is_listed_once(capsys):
    furnish()
    (line,) = listed(capsys)
    assert (line["id"], line["name"], line["flavor"], line["backend"], line["state"]) == (NETWORK, "net", "", "", "")


def test_where_a_network_stands_on_a_cluster_and_why_it_could_not_be_made(capsys):
    # Given a network that a server brings to a cluster
    furnish()
    Network.objects.update(flavor="CUSTOM")
    create()
    (line,) = listed(capsys)
    assert (line["flavor"], line["backend"], line["state"], line["fault"]) == ("CUSTOM", "c1", "being connected", "")
    # When the cluster refuses it
    (taken,) = [one for one in claim("w", limit=9, lease=60) if isinstance(one.command, ConnectNetwork)]
    epoch = taken.command.sending.epoch
    tell(Refused(cluster="c1", command=taken.command.id, epoch=epoch, code="bad-request", reason="no such link"))
    # Then that is told
    (line,) = listed(capsys)
    assert (line["state"], line["fault"]) == ("absent", "no such link")


def test_a_network_is_removed_and_listed_as_long_as_it_is_somewhere(capsys):
    # Given a network that is on its way to a cluster, and whose only server is gone
    furnish()
    Network.objects.update(flavor="CUSTOM")
    create()
    with pytest.raises(CommandError, match="one or more ports in use"):
        call_command("network-remove", NETWORK)
    Port.objects.update(observed="gone")
    # When it is removed
    call_command("network-remove", NETWORK, "--json")
    # Then that is begun there
    assert json.loads(capsys.readouterr().out) == {"removed": NETWORK, "clusters": 1}
    (line,) = listed(capsys)
    assert (line["id"], line["state"]) == (NETWORK, "being disconnected")
    with pytest.raises(CommandError, match="could be found"):
        call_command("network-remove", NETWORK)


def test_routers_are_listed_with_the_node_that_carries_each(capsys, settings):
    settings.ROUTERS = "nodes"
    backend = furnish()
    create_routers(ALICE, [NewRouter(name="r")])
    carried(Carrier(backend=backend.pk, node="n1", boot="b", links=[]))
    call_command("router-list", "--json")
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["name"], line["status"], line["backend"], line["node"]) == ("r", "ACTIVE", "c1", "n1")
