"""What a node hears of the routers that it carries: those of its cluster, each text once."""

import datetime
import hashlib
import json

import pytest
from snf_node.routers.following import PATH

from logic.network.models import Router, RouterNode
from logic.network.routing.commands import NewRouter, create_routers
from logic.placement import nodekeys
from logic.testing.worlds import ALICE, furnish


@pytest.fixture
def backend(api, settings):
    settings.ROUTERS = "nodes"
    return furnish()


@pytest.fixture
def ask(api, backend):
    good = nodekeys.make(backend.name)

    def asking(key=good, **changed):
        question = {"node": "n1.example", "boot": "b1", "links": ["br0"], "routers": {}, **changed}
        return api.post(PATH, question, headers={"Authorization": f"Bearer {key}"})

    return asking


def test_a_node_is_told_what_it_carries_and_each_text_once(ask):
    (id,) = create_routers(ALICE, [NewRouter(name="r")])
    reply = ask().json
    assert (reply["lease"], set(reply["routers"])) == (8.0, {id})
    text = reply["routers"][id]
    assert json.loads(text)["version"] == 1
    known = {id: hashlib.sha256(text.encode()).hexdigest()}
    assert ask(routers=known).json["routers"] == {id: None}
    Router.objects.all().delete()
    assert ask(routers=known).json["routers"] == {}


def test_who_shows_no_key_hears_nothing_and_carries_nothing(ask):
    create_routers(ALICE, [NewRouter()])
    assert ask(key="x").status == 401
    assert Router.objects.get().node is None


def test_a_second_machine_of_the_same_name_is_refused(ask):
    (id,) = create_routers(ALICE, [NewRouter()])
    assert set(ask().json["routers"]) == {id}
    assert ask(boot="b2").status == 409
    assert ask().status == 200
    RouterNode.objects.update(seen_at=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
    assert (ask(boot="b2").status, ask().status) == (200, 409)


@pytest.mark.parametrize(
    "changed", [{"node": ""}, {"node": "a b"}, {"links": ["../x"]}, {"links": None}, {"routers": {"r": "x"}}]
)
def test_what_makes_no_sense_is_refused(ask, changed):
    assert ask(**changed).status == 400
