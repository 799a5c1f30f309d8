"""The password of a new server: in one answer, encrypted on its way, and with the guest."""

import pytest

from logic import secretkeys
from logic.backends import os_parameters
from logic.compute.models import Server
from logic.ledger.models import Command
from logic.messages import codec
from logic.testing.worlds import IMAGE, NETWORK

WORD = "correct horse"


def made(nova, **fields):
    server = {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", "networks": [{"uuid": NETWORK}], **fields}
    return nova.post("/servers", {"server": server})


def told() -> str | None:
    """What the newest command has for the guest."""
    payload = bytes(Command.objects.latest("created_at").payload)
    assert WORD.encode() not in payload
    kept = codec.decode_command(payload).os_params.get(os_parameters.PASSWORD)
    return kept and secretkeys.current().decrypt(kept)


def test_no_password_is_made_unless_the_site_wants_it(alice, settings):
    settings.ENABLE_INSTANCE_PASSWORD = False
    assert ["adminPass" in made(alice).json["server"], told()] == [False, None]


def test_a_password_that_is_asked_for_is_the_guests(alice, settings):
    settings.ENABLE_INSTANCE_PASSWORD = False
    assert ["adminPass" in made(alice, adminPass=WORD).json["server"], told()] == [False, WORD]


def test_where_the_site_wants_it_one_is_made_and_told_once(alice):
    reply = made(alice).json["server"]
    assert len(reply["adminPass"]) == 12
    assert told() == reply["adminPass"]
    assert "adminPass" not in alice.get(f"/servers/{reply['id']}").json["server"]
    assert made(alice, adminPass=WORD).json["server"]["adminPass"] == WORD


def test_none_is_made_that_no_definition_is_known_to_bring(alice, settings):
    settings.ENABLE_INSTANCE_PASSWORD, settings.GANETI_OS_PROVIDER = True, "debootstrap+default"
    assert "adminPass" not in made(alice).json["server"]


@pytest.mark.parametrize("password", ["a\nb", "x" * 256, 1])
def test_what_is_no_password_is_refused(alice, password):
    assert made(alice, adminPass=password).status == 400


OURS = "synnefo-image+default"


def rebuilt(nova, id, **fields):
    Server.objects.filter(pk=id).update(observed="running", command="", verb="")
    return nova.post(f"/servers/{id}/action", {"rebuild": {"imageRef": IMAGE, **fields}})


@pytest.fixture
def asking(settings):
    settings.NODES_ASK_SECRETS, settings.GANETI_OS_PROVIDER = True, OURS


def test_a_rebuilt_server_has_another_password_where_nodes_ask_for_it(alice, asking):
    id = made(alice).json["server"]["id"]
    first, second = (rebuilt(alice, id).json["server"]["adminPass"] for _ in range(2))
    assert first != second == told()
    assert rebuilt(alice, id, adminPass=WORD).json["server"]["adminPass"] == told() == WORD
    assert "adminPass" not in alice.get(f"/servers/{id}").json["server"]


def test_one_that_is_asked_for_is_told_where_none_are_made(alice, asking, settings):
    settings.ENABLE_INSTANCE_PASSWORD = False
    id = made(alice).json["server"]["id"]
    assert ["adminPass" in rebuilt(alice, id, adminPass=WORD).json["server"], told()] == [False, WORD]
    assert ["adminPass" in rebuilt(alice, id).json["server"], told()] == [False, None]


@pytest.mark.parametrize(
    ("asked", "os", "drive"), [(False, OURS, True), (True, "snf-image+default", True), (True, OURS, False)]
)
def test_where_no_secret_reaches_its_guest_a_rebuilt_server_is_told_none(alice, settings, asked, os, drive):
    settings.NODES_ASK_SECRETS, settings.GANETI_OS_PROVIDER = asked, os
    id = made(alice).json["server"]["id"]
    Server.objects.filter(pk=id).update(config_drive=drive)
    assert rebuilt(alice, id, adminPass=WORD).status == 400
    assert "adminPass" not in rebuilt(alice, id).json["server"]
