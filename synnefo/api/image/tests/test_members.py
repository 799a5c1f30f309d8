"""Who sees a shared image, and whose word counts."""

import pytest

from logic.testing.worlds import ALICE, BOB
from synnefo.api.image.tests.conftest import make

IMAGES = "/image/v2/images"


@pytest.fixture
def shared(alice) -> str:
    return f"{IMAGES}/{make('offered', visibility='shared', owner=ALICE.project).pk}"


def listed(api, query: str = "") -> list[str]:
    return [one["name"] for one in api.get(f"{IMAGES}{query}", token="bob").json["images"]]


def offer(alice, shared: str):
    return alice.post(f"{shared}/members", {"member": BOB.project})


def test_what_is_offered_is_seen_by_its_id_and_listed_once_it_is_accepted(alice, shared):
    assert alice.get(shared, token="bob").status == 404
    made = offer(alice, shared)
    assert made.status == 200
    assert made.json.items() >= {"member_id": BOB.project, "status": "pending", "schema": "/v2/schemas/member"}.items()
    assert alice.get(shared, token="bob").status == 200
    assert listed(alice) == []
    assert listed(alice, "?visibility=shared&member_status=pending") == ["offered"]
    answered = alice.put(f"{shared}/members/{BOB.project}", {"status": "accepted"}, token="bob")
    assert (answered.status, answered.json["status"]) == (200, "accepted")
    assert listed(alice) == ["offered"]
    alice.put(f"{shared}/members/{BOB.project}", {"status": "rejected"}, token="bob")
    assert listed(alice) == []
    assert listed(alice, "?member_status=all") == ["offered"]


def test_what_is_offered_no_more_is_not_seen(alice, shared):
    offer(alice, shared)
    assert alice.delete(f"{shared}/members/{BOB.project}").status == 204
    assert alice.get(shared, token="bob").status == 404
    assert alice.delete(f"{shared}/members/{BOB.project}").status == 404


def test_the_owner_does_not_answer_for_a_member(alice, shared):
    offer(alice, shared)
    assert alice.put(f"{shared}/members/{BOB.project}", {"status": "accepted"}).status == 403


@pytest.mark.parametrize("body", [{"status": "perhaps"}, {"status": None}, {}])
def test_an_answer_that_is_none_is_refused(alice, shared, body):
    offer(alice, shared)
    assert alice.put(f"{shared}/members/{BOB.project}", body, token="bob").status == 400


def test_members_know_of_themselves_alone_and_offer_nothing(alice, shared):
    offer(alice, shared)
    alice.post(f"{shared}/members", {"member": "c" * 32})
    assert len(alice.get(f"{shared}/members").json["members"]) == 2
    assert [one["member_id"] for one in alice.get(f"{shared}/members", token="bob").json["members"]] == [BOB.project]
    assert alice.get(f"{shared}/members/{'c' * 32}", token="bob").status == 404
    assert alice.post(f"{shared}/members", {"member": "d" * 32}, token="bob").status == 403
    assert alice.delete(f"{shared}/members/{BOB.project}", token="bob").status == 403
    assert alice.put(f"{shared}/members/{'c' * 32}", {"status": "accepted"}, token="bob").status == 404


def test_an_image_that_is_shared_no_more_is_not_seen_by_its_members(alice, shared):
    offer(alice, shared)
    alice.put(f"{shared}/members/{BOB.project}", {"status": "accepted"}, token="bob")
    private = [{"op": "replace", "path": "/visibility", "value": "private"}]
    kind = {"content-type": "application/openstack-images-v2.1-json-patch"}
    assert alice.patch(shared, private, headers=kind).status == 200
    assert alice.get(shared, token="bob").status == 404
    assert listed(alice) == []


def test_one_is_offered_an_image_once_and_not_too_many_are(alice, shared, monkeypatch):
    assert [offer(alice, shared).status for _ in range(2)] == [200, 409]
    monkeypatch.setattr("logic.image.rules.MOST", 1)
    assert alice.post(f"{shared}/members", {"member": "c" * 32}).status == 413
    assert alice.post(f"{shared}/members", {"member": ""}).status in {400, 413}


@pytest.mark.parametrize("visibility", ["public", "private", "community"])
def test_only_shared_images_have_members(alice, visibility):
    where = f"{IMAGES}/{make('a', visibility=visibility, owner=ALICE.project).pk}/members"
    assert alice.get(where).status == 403
    assert alice.post(where, {"member": BOB.project}).status == 403
