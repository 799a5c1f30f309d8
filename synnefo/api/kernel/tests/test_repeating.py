"""A request with an Idempotency-Key is done once, however often it is sent."""

import datetime

import pytest
from msgspec import structs

from logic import clock
from logic.replies import commands
from logic.replies.models import Reply
from logic.testing.worlds import ALICE, BOB, READER
from synnefo.api.kernel import handling
from synnefo.api.kernel.tests import toys
from synnefo.api.testing import Api

pytestmark = pytest.mark.urls("synnefo.api.kernel.tests.toys")
THING = {"thing": {"name": "a"}}


@pytest.fixture(autouse=True)
def nothing_made():
    toys.made.clear()


def sent(api, body=THING, who=ALICE, key="k1", path="/toy/things"):
    return api.of(who).post(path, body, headers={"Idempotency-Key": key})


def test_the_second_answer_is_the_first_one_and_nothing_is_made_again(api):
    first, second = sent(api), sent(api)
    assert toys.made == ["a"]
    assert (second.status, second.json) == (first.status, first.json) == (202, {"thing": "a"})
    assert second.headers["content-type"] == first.headers["content-type"]
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert second.headers["x-openstack-request-id"] != first.headers["x-openstack-request-id"]


def test_without_a_key_each_request_is_done(api):
    for _ in range(2):
        api.of(ALICE).post("/toy/things", THING)
    assert toys.made == ["a", "a"]


@pytest.mark.parametrize(
    "other", [{"body": {"thing": {"name": "b"}}}, {"path": "/toy/things?x=1"}, {"path": "/toy/things/"}]
)
def test_a_key_is_refused_for_another_request(api, other):
    sent(api)
    reply = sent(api, **other)
    assert reply.status == 422
    assert "was used for another request" in reply.json["unprocessableEntity"]["message"]
    assert toys.made == ["a"]


def test_keys_of_others_are_other_keys(api):
    sent(api)
    assert sent(api, who=BOB).status == 202
    assert toys.made == ["a", "a"]


@pytest.mark.parametrize("narrower", [{"roles": frozenset({"reader"})}, {"credential": "c" * 32}], ids=str)
def test_a_token_that_may_do_less_is_not_told_what_another_of_its_user_was_answered(api, monkeypatch, narrower):
    first = sent(api)
    less = structs.replace(ALICE, **narrower)
    monkeypatch.setattr(handling, "authenticate", lambda *_: less)
    reply = Api("any").post("/toy/things", THING, headers={"Idempotency-Key": "k1"})
    assert first.status == 202
    assert "idempotency-replayed" not in reply.headers


def test_a_refusal_is_not_kept(api):
    assert sent(api, {"thing": {}}).status == 400
    assert sent(api, who=READER).status == 403
    assert sent(api).status == 202
    assert toys.made == ["a"]


@pytest.mark.parametrize("key", ["", "x" * 256, "\t"])
def test_a_key_that_is_none_is_refused(api, key):
    assert sent(api, key=key).status == 400
    assert toys.made == []


def test_a_quoted_key_is_the_same_key(api):
    sent(api)
    assert sent(api, key='"k1"').headers["idempotency-replayed"] == "true"


def test_what_is_kept_is_encrypted_and_forgotten_after_a_day(api):
    sent(api)
    row = Reply.objects.get()
    assert "thing" not in row.content
    assert commands.prune(10) == 0
    Reply.objects.update(created_at=clock.now() - commands.KEPT - datetime.timedelta(seconds=1))
    assert commands.prune(10) == 1
    assert not Reply.objects.exists()
