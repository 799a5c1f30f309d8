"""What the schema refuses, and the words it has for it."""

import pytest

from logic.configuration import ConfigurationError, load
from logic.configuration.tests.folders import folder


def problems(tmp_path, text, environ=None):
    site = folder(tmp_path, "site", a10=text)
    with pytest.raises(ConfigurationError) as caught:
        load([site], environ or {})
    return [problem.replace(f"{site}/", "") for problem in caught.value.problems]


def test_an_unknown_name_is_refused_with_the_one_that_was_meant(tmp_path):
    assert problems(tmp_path, "\nRABIT_HOST = 'mq'\n") == [
        "10-a.conf:2: RABIT_HOST is no setting; did you mean RABBIT_HOST?"
    ]


def test_an_unknown_name_like_no_other_is_refused_without_a_guess(tmp_path):
    assert problems(tmp_path, "XYZZY = 1\n") == ["10-a.conf:1: XYZZY is no setting"]


def test_everything_that_is_wrong_is_told_at_once(tmp_path):
    assert problems(tmp_path, "READERS = 'many'\nWRITERS = 0\n") == [
        "10-a.conf:1: READERS: Expected `int`, got `str`",
        "10-a.conf:2: WRITERS: Expected `int` >= 1",
    ]


def test_a_wrong_word_is_told_the_right_ones(tmp_path):
    assert problems(tmp_path, "BUS = 'kafka'\n") == [
        "10-a.conf:1: BUS: Invalid enum value 'kafka'; it is one of 'amqp', 'memory'"
    ]


@pytest.mark.parametrize("prefix", ["snf", "", "-", "Snf-", "snf-x", "s.f-", "snf-\n", "a" * 17 + "-", 5])
def test_a_prefix_without_its_dash_or_with_odd_signs_is_refused(tmp_path, prefix):
    (problem,) = problems(tmp_path, f"BACKEND_PREFIX_ID = {prefix!r}\n")

    assert problem.endswith("it is lower-case letters and digits that end in a dash, such as 'snf-'")


@pytest.mark.parametrize(
    "text",
    [
        "READERS = True",
        "READERS = 2.5",
        "READERS = None",
        "RECONCILE_INTERVAL = 0",
        "ALLOWED_HOSTS = 'cloud.example.org'",
        "PUBLIC_URL = 'cloud.example.org'",
        "PUBLIC_URL = 'https://cloud.example.org/'",
        "QUOTAS = {'server': 1}",
        "QUOTAS = {'servers': -2}",
        "DATABASES = {'default': {'ENGINE': 'mysql'}}",
        "DATABASES = {'default': {'ENGINE': 'postgresql', 'PASWORD': 'x'}}",
        "DATABASES = {'other': {'ENGINE': 'sqlite'}}",
        "PREFETCH = 100; DISPATCHER_BATCH = 200",
    ],
)
def test_a_value_that_does_not_fit_is_refused(tmp_path, text):
    assert len(problems(tmp_path, text)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nREADERS = (", "10-a.conf:2: '(' was never closed"),
        ("\n\nREADERS = 1 / 0", "10-a.conf:3: ZeroDivisionError: division by zero"),
        ("READERS = nothing", "10-a.conf:1: NameError: name 'nothing' is not defined"),
        ("def f():\n    return {}['x']\n\nREADERS = f()", "10-a.conf:2: KeyError: 'x'"),
    ],
)
def test_a_file_that_cannot_run_is_named_with_the_line(tmp_path, text, said):
    assert problems(tmp_path, text) == [said]


def test_a_file_of_other_bytes_is_refused(tmp_path):
    (folder(tmp_path, "site") / "10-a.conf").write_bytes(b"REGION = '\xff\xfe'\n")

    with pytest.raises(ConfigurationError, match=r"10-a\.conf"):
        load([tmp_path / "site"], {})


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("SYNNEFO_READERS", "many", "environment SYNNEFO_READERS: Expected `int`, got `str`"),
        (
            "SYNNEFO_AMQP_HOSTS",
            "amqp://a",
            "environment SYNNEFO_AMQP_HOSTS: JSON is malformed: invalid character (byte 0)",
        ),
        (
            "SYNNEFO_RABIT_HOST",
            "a",
            "environment SYNNEFO_RABIT_HOST: RABIT_HOST is no setting; did you mean SYNNEFO_RABBIT_HOST?",
        ),
    ],
)
def test_a_variable_that_does_not_fit_is_refused(tmp_path, variable, text, said):
    assert problems(tmp_path, "", {variable: text}) == [said]


def test_variables_that_are_no_settings_and_like_none_are_left_alone():
    assert load([], {"SYNNEFO_SPOOL_DIR": "/x", "SYNNEFO_AMQP_URL": "amqp://x", "HOME": "/root"})["READERS"] == 4
