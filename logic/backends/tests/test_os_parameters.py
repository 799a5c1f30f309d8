"""Each OS provider is told what it knows, in its own words, and secrets are secret parameters."""

import pytest

from ganeti.osprovider.tests.machine import DEFINITION
from logic.backends.os_parameters import ASKED_FOR, OURS, PROVIDERS, SECRET, told, undeliverable

EVERYTHING = {
    "img_id": "debian-12", "img_format": "raw", "img_checksum": "sha256:00", "img_passwd": "hunter2", "auth_keys": "ssh-rsa A",
    "cloud_userdata": "IyEvYmluL3No", "img_properties": "{}", "hostname": "demo", "instance_id": "u-1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("os", "format", "public"),
    [
        ("synnefo-image+default", "raw", {"img_checksum", "auth_keys", "hostname", "instance_id"}),
        ("snf-image+default", "diskdump", {"auth_keys", "img_properties"}),
        ("image+debian", "dump", set()),
        ("somebodys-own", "raw", {"auth_keys"}),
    ],
)
def test_a_provider_is_told_what_it_knows_in_its_own_words(os, format, public):
    found = told(os, EVERYTHING)
    assert set(found.public) == {"img_id", "img_format"} | public
    assert found.public["img_format"] == format
    assert not SECRET & found.public.keys()
    assert found.secret.keys() <= SECRET
    assert found.secret["img_passwd"] == "hunter2"


def test_what_is_empty_is_not_told():
    assert told(OURS, {"img_id": "debian-12", "img_checksum": "", "img_passwd": ""}) == ({"img_id": "debian-12"}, {})


def test_a_format_without_a_word_of_its_own_goes_as_it_is():
    assert told("snf-image", {"img_format": "extdump"}).public == {"img_format": "extdump"}


def test_what_cannot_be_brought_to_the_guest_is_said_in_words():
    assert undeliverable("image+default", EVERYTHING) == ["a key pair", "user data"]
    assert undeliverable("image+default", {"img_id": "debian-12", "auth_keys": ""}) == []
    assert undeliverable("synnefo-image+default", EVERYTHING) == []
    assert set(ASKED_FOR) <= PROVIDERS[OURS].known


def test_our_own_definition_takes_exactly_what_the_table_says():
    listed = {line.split()[0] for line in (DEFINITION / "parameters.list").read_text().splitlines()}
    assert listed == PROVIDERS[OURS].known
