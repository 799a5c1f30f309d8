"""``manage.py settings`` and ``manage.py secret-keys``."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from logic import secretkeys
from logic.configuration import load
from logic.configuration.tests.folders import folder
from synnefo.standalone import clouds

CANARY = "canary-4711"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def configured(tmp_path, settings):
    """A site with a few settings of its own, secrets among them."""
    site = folder(
        tmp_path,
        "site",
        a10=f"""READERS = 9
RABBIT_PASSWORD = {CANARY!r}
AMQP_HOSTS = ["amqp://synnefo:{CANARY}@mq/"]
DATABASES = {{"default": {{"ENGINE": "postgresql", "PASSWORD": {CANARY!r}}}}}
""",
    )
    settings.CONFIGURATION = load([site], {})
    return site


def printed(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_each_setting_is_listed_with_its_value_and_origin(configured):
    rows = {row["name"]: row for row in json.loads(printed("settings", "--json"))}

    assert len(rows) == len(load([], {}))
    assert rows["READERS"] == {"name": "READERS", "value": 9, "unit": "threads", "origin": f"{configured}/10-a.conf:1"}
    assert rows["WRITERS"]["origin"] == "default"


def test_one_setting_is_shown_with_its_reason(configured):
    shown = json.loads(printed("settings", "READERS", "--json"))

    assert shown["value"] == 9
    assert shown["reason"] == "Threads for reading the database, a process."


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_no_secret_is_shown(configured, flags):
    everything = printed("settings", *flags) + "".join(printed("settings", name, *flags) for name in load([], {}))

    assert CANARY not in everything
    assert "***" in everything


def test_a_secret_that_is_not_set_is_not_shown_as_if_it_were(settings):
    settings.CONFIGURATION = load([], {})

    assert json.loads(printed("settings", "RABBIT_PASSWORD", "--json"))["value"] == ""


def test_a_secret_too_short_to_be_found_in_texts_is_not_shown_either(settings):
    settings.CONFIGURATION = load([], {"SYNNEFO_RABBIT_PASSWORD": "cat"})

    assert json.loads(printed("settings", "RABBIT_PASSWORD", "--json"))["value"] == "***"


def test_an_unknown_name_is_refused_with_the_one_that_was_meant(configured):
    with pytest.raises(CommandError, match="No setting is named READER; did you mean READERS"):
        printed("settings", "READER")


def test_keys_are_listed_by_fingerprint_and_rotated(tmp_path, monkeypatch):
    monkeypatch.setattr(secretkeys, "_current", secretkeys.Keyring(tmp_path / "secret-keys"))

    (before,) = json.loads(printed("secret-keys", "--json"))
    new, old = json.loads(printed("secret-keys", "--rotate", "--json"))

    assert old["fingerprint"] == before["fingerprint"] != new["fingerprint"]
    assert (new["use"], old["use"]) == ("encrypts and decrypts", "decrypts")
    assert not any(key in printed("secret-keys") for key in (tmp_path / "secret-keys").read_text().split())


def manage(tmp_path, *arguments, **environ):
    """``manage.py`` as an operator runs it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SYNNEFO_")}
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=clean | {"SYNNEFO_VAR": str(tmp_path), "SYNNEFO_SETTINGS_DIR": ""} | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_settings_that_cannot_be_used_end_any_command_with_all_that_is_wrong(tmp_path):
    site = folder(tmp_path, "site", a10="READER = 9\nBUS = 1\n")

    done = manage(tmp_path, "settings", SYNNEFO_SETTINGS_DIR=str(site))

    assert done.returncode == 1
    assert "10-a.conf:1: READER is no setting; did you mean READERS?" in done.stderr
    assert "10-a.conf:2: BUS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["server-lst"], ["server-list", "--colour"], ["quarantine-replay", "seven"]])
def test_words_that_make_no_command_are_wrong_usage(tmp_path, words):
    done = manage(tmp_path, *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_only_what_was_asked_for_is_on_standard_output(tmp_path):
    password = tmp_path / "password"
    password.write_text(CANARY)
    password.chmod(0o644)

    done = manage(tmp_path, "settings", "--json", SYNNEFO_RABBIT_PASSWORD_FILE=str(password))

    assert done.returncode == 0
    assert json.loads(done.stdout)
    assert "others may read a secret" in done.stderr
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [["migrate", "--verbosity=0"], ["check"], ["backend-list"]])
def test_whatever_is_run_says_that_others_may_read_a_secrets_file(tmp_path, command):
    password = tmp_path / "password"
    password.write_text(CANARY)
    password.chmod(0o644)
    manage(tmp_path, "migrate", "--verbosity=0")

    done = manage(tmp_path, *command, SYNNEFO_DATABASE_PASSWORD_FILE=str(password))

    assert done.returncode == 0
    assert "(DATABASE_PASSWORD_FILE) has mode 0644: others may read a secret" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_the_file_of_the_database_is_its_owners_alone(tmp_path):
    manage(tmp_path, "migrate", "--verbosity=0")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("synnefo.sqlite3*")}
    assert modes == {"synnefo.sqlite3": 0o600}


def test_so_it_is_made_when_it_was_not(tmp_path):
    manage(tmp_path, "migrate", "--verbosity=0")
    (tmp_path / "synnefo.sqlite3").chmod(0o644)
    manage(tmp_path, "backend-list")
    assert (tmp_path / "synnefo.sqlite3").stat().st_mode & 0o777 == 0o600


def test_the_effective_place_of_state_is_shown(tmp_path):
    shown = json.loads(manage(tmp_path, "settings", "SECRET_KEYS_FILE", "--json").stdout)

    assert shown["value"] == str(tmp_path / "secret-keys")


def test_no_database_means_the_one_in_the_place_of_state(tmp_path):
    shown = json.loads(manage(tmp_path, "settings", "DATABASES", "--json").stdout)

    assert shown["value"] == {"default": {"ENGINE": "sqlite", "NAME": str(tmp_path / "synnefo.sqlite3")}}
    assert shown["origin"] == "default"


def test_a_policy_that_is_found_beside_the_settings_is_shown(configured, settings):
    settings.POLICY_FILE = str(configured / "policy.yaml")
    shown = json.loads(printed("settings", "POLICY_FILE", "--json"))
    assert (shown["value"], shown["origin"]) == (settings.POLICY_FILE, "the site's directory")


def test_beside_an_embedded_cloud_what_it_goes_by_is_shown_as_its_own(tmp_path, settings):
    settings.CONFIGURATION, settings.VAR_DIR = load([], {}), tmp_path
    before = {row["name"]: (row["value"], row["origin"]) for row in json.loads(printed("settings", "--json"))}
    assert before["BUS"] == ("amqp", "default")

    clouds.credentials(tmp_path)
    after = {row["name"]: (row["value"], row["origin"]) for row in json.loads(printed("settings", "--json"))}

    own = f"the embedded cloud in {tmp_path}"
    assert after["BUS"] == ("memory", own)
    assert {name for name in after if after[name] != before[name]} == {"BUS", "WRITERS", "LOG_DIR"}
    assert json.loads(printed("settings", "BUS", "--json"))["origin"] == own
