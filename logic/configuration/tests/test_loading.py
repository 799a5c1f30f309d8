"""Which value a setting gets, and from where."""

import pytest

from logic.configuration import ConfigurationError, Origin, load, site_directories
from logic.configuration.tests.folders import folder


def test_what_nobody_set_has_its_default():
    settings = load([], {})

    assert settings["BACKEND_PREFIX_ID"] == "snf-"
    assert settings.typed.BACKEND_PREFIX_ID == "snf-"
    assert str(settings.origin("BACKEND_PREFIX_ID")) == "default"


def test_a_later_file_wins_and_is_remembered_with_its_line(tmp_path):
    shipped = folder(tmp_path, "shipped", a10="READERS = 2\n", b20="READERS = 3\n")

    settings = load([shipped], {})

    assert settings["READERS"] == 3
    assert settings.origin("READERS") == Origin(str(shipped / "20-b.conf"), 1)


def test_the_sites_files_come_after_the_shipped_ones_whatever_their_numbers(tmp_path):
    shipped = folder(tmp_path, "shipped", z99="READERS = 2\n")
    site = folder(tmp_path, "site", a00="\n\nREADERS = 7\n")

    settings = load([shipped, site], {})

    assert settings["READERS"] == 7
    assert settings.origin("READERS") == Origin(str(site / "00-a.conf"), 3)


def test_a_later_file_sees_what_earlier_ones_set(tmp_path):
    site = folder(tmp_path, "site", a10="_threads = 5\nREADERS = _threads\n", b20="WRITERS = READERS + 1\n")

    assert load([site], {})["WRITERS"] == 6


def test_a_value_changed_in_place_belongs_to_the_file_that_changed_it(tmp_path):
    site = folder(
        tmp_path,
        "site",
        a10='DATABASES = {"default": {"ENGINE": "postgresql", "HOST": "a"}}\n',
        b20='\nDATABASES["default"]["HOST"] = "b"\n',
    )

    settings = load([site], {})

    assert settings.typed.DATABASES["default"].HOST == "b"
    assert settings.origin("DATABASES") == Origin(str(site / "20-b.conf"), 2)


def test_only_visible_conf_files_are_read(tmp_path):
    site = folder(tmp_path, "site")
    for name in (".10-hidden.conf", "10-old.conf.dpkg-old", "README"):
        (site / name).write_text("READERS = 9\n")

    assert load([site], {})["READERS"] == 4


def test_the_environment_wins_over_files(tmp_path):
    site = folder(tmp_path, "site", a10="READERS = 2\n")

    settings = load([site], {"SYNNEFO_READERS": "8"})

    assert settings["READERS"] == 8
    assert str(settings.origin("READERS")) == "environment SYNNEFO_READERS"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("REGION", "12", "12"),
        ("RECONCILE_INTERVAL", "2.5", 2.5),
        ("TRUST_FORWARDED_HEADERS", "true", True),
        ("BUS", "memory", "memory"),
        ("AMQP_HOSTS", '["amqp://a/", "amqp://b/"]', ["amqp://a/", "amqp://b/"]),
    ],
)
def test_the_environment_speaks_each_settings_type(name, text, value):
    assert load([], {f"SYNNEFO_{name}": text})[name] == value


def test_a_quota_that_is_left_out_keeps_its_default(tmp_path):
    site = folder(tmp_path, "site", a10='QUOTAS = {"servers": 3}\n')

    quotas = load([site], {})["QUOTAS"]

    assert (quotas["servers"], quotas["cores"]) == (3, 20)


def test_a_lease_no_longer_than_a_call_is_refused(tmp_path):
    site = folder(tmp_path, "site", a10="COMMAND_LEASE = 30.0\n")

    with pytest.raises(ConfigurationError, match="COMMAND_LEASE must be longer than GANETI_CALL_TIMEOUT"):
        load([site], {})


def test_several_site_directories_come_in_the_order_named(tmp_path):
    one, two = folder(tmp_path, "one"), folder(tmp_path, "two")

    assert site_directories({"SYNNEFO_SETTINGS_DIR": f"{two}:{one}"}) == [two, one]


def test_no_site_directory_when_the_variable_is_empty():
    assert site_directories({"SYNNEFO_SETTINGS_DIR": ""}) == []


def test_a_named_site_directory_must_exist(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere, named by SYNNEFO_SETTINGS_DIR, is no directory"):
        site_directories({"SYNNEFO_SETTINGS_DIR": str(tmp_path / "nowhere")})
