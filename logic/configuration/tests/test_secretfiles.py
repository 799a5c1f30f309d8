"""Secrets come from files of their own and are shown nowhere."""

import pytest

from logic.configuration import ConfigurationError, load
from logic.configuration.tests.folders import folder

CANARY = "canary-4711"


@pytest.fixture
def password(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o600)
    return path


def test_a_secret_comes_from_the_file_named(tmp_path, password):
    site = folder(tmp_path, "site", a10=f"\nRABBIT_PASSWORD_FILE = {str(password)!r}\n")

    settings = load([site], {})

    assert settings["RABBIT_PASSWORD"] == CANARY
    assert str(settings.origin("RABBIT_PASSWORD")) == f"file {password}, named in {site}/10-a.conf:2"
    assert settings.warnings == ()


def test_a_secrets_file_that_others_may_read_is_a_warning(tmp_path, password):
    password.chmod(0o640)

    (warning,) = load([], {"SYNNEFO_RABBIT_PASSWORD_FILE": str(password)}).warnings

    assert "mode 0640" in warning
    assert f"chmod 0600 {password}" in warning


def test_a_secret_and_its_file_side_by_side_are_refused(tmp_path, password):
    site = folder(tmp_path, "site", a10=f"RABBIT_PASSWORD = 'x'\nRABBIT_PASSWORD_FILE = {str(password)!r}\n")

    with pytest.raises(ConfigurationError, match=r"RABBIT_PASSWORD_FILE and RABBIT_PASSWORD \(.*:1\) are both set"):
        load([site], {})


def test_the_environments_secret_wins_over_a_file_named_in_a_file(tmp_path, password):
    site = folder(tmp_path, "site", a10=f"RABBIT_PASSWORD_FILE = {str(password)!r}\n")

    assert load([site], {"SYNNEFO_RABBIT_PASSWORD": "other"})["RABBIT_PASSWORD"] == "other"


@pytest.mark.parametrize("named", ["", 5, "/nowhere/at/all"])
def test_a_secrets_file_that_is_not_there_is_refused(tmp_path, named):
    site = folder(tmp_path, "site", a10=f"RABBIT_PASSWORD_FILE = {named!r}\n")

    with pytest.raises(ConfigurationError, match=r"10-a\.conf:1: RABBIT_PASSWORD_FILE"):
        load([site], {})


def test_only_secrets_have_a_file(tmp_path):
    site = folder(tmp_path, "site", a10="RABBIT_HOST_FILE = '/x'\n")

    with pytest.raises(ConfigurationError, match="RABBIT_HOST_FILE is no setting"):
        load([site], {})


def test_no_representation_shows_a_secret(tmp_path):
    text = (
        f"RABBIT_PASSWORD = {CANARY!r}\nDATABASES = {{'default': {{'ENGINE': 'postgresql', 'PASSWORD': {CANARY!r}}}}}\n"
    )

    settings = load([folder(tmp_path, "site", a10=text)], {})

    assert CANARY not in f"{settings!r} {settings.typed!r} {settings.typed.DATABASES!r}"
    assert settings.secrets() == (CANARY, CANARY)


def test_a_refused_secret_is_not_repeated(tmp_path):
    site = folder(tmp_path, "site", a10=f"RABBIT_PASSWORD = [{CANARY!r}]\n")

    with pytest.raises(ConfigurationError) as caught:
        load([site], {})

    assert CANARY not in str(caught.value)
