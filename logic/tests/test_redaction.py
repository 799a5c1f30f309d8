"""Secrets are hidden wherever they turn up, and ordinary words are left alone."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logic import redaction
from logic.redaction import HIDDEN, Redaction, hidden, is_secret_name, without_secrets

CANARY = "canary-4711"


class Credential(msgspec.Struct):
    name: str
    password: str


@pytest.mark.parametrize(
    "name",
    ["password", "RABBIT_PASSWORD", "adminPass", "X-Auth-Token", "x-subject-token", "Authorization", "client_secret",
     "privateKey", "api_key", "auth-token", "Cookie", "aws_secret_access_key"],
)  # fmt: skip
def test_a_key_that_names_a_secret_is_known(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["name", "tokens_deleted", "passed", "compass", "key", "key_name", "monkey", "request", ""]
)
def test_a_key_that_only_sounds_like_it_is_not(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        f"amqp://synnefo:{CANARY}@mq:5672/",
        f"https://u:p@{CANARY}@ganeti:5080/2/info",
        f"X-Auth-Token: {CANARY}",
        f"curl -H 'X-Auth-Token: {CANARY}' http://x",
        f"authorization: Basic {CANARY}",
        f"Authorization: AWS4-HMAC-SHA256 Credential=x, Signature={CANARY}",
        f"Cookie: a=b; session={CANARY}",
        f'{{"auth": {{"password": "{CANARY}"}}}}',
        f'{{"adminPass":"a {CANARY}","b":1}}',
        f"{{'password': 'it\\'s {CANARY}'}}",
        f'{{\\"password\\": \\"{CANARY}\\"}}',
        f"password={CANARY}&x=1",
        f'password = "unclosed {CANARY}',
        f"PGPASSWORD={CANARY} psql",
        f"RABBIT_PASSWORD = '{CANARY}'",
        f"[(b'x-auth-token', b'{CANARY}')]",
        f"Credential(name='x', password='{CANARY}')",
        f"client_secret: {CANARY}",
        f"X-Subject-Token={CANARY}",
        f"?token={CANARY}",
    ],
)
def test_a_secret_in_a_text_is_hidden(text):
    assert CANARY not in without_secrets(text)
    assert HIDDEN in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "server 12 is ACTIVE",
        "http://127.0.0.1:8000/identity/v3",
        "a password is needed",
        "the token has expired",
        "job 4711 of instance snf-12: success",
        "user@example.org wrote",
        "",
    ],
)
def test_a_text_without_secrets_stays_as_it_is(text):
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "value",
    [
        {"password": CANARY},
        {"password": 4711, "body": CANARY.replace("canary", "x")},
        {"deep": [{"er": ({"X-Auth-Token": CANARY},)}]},
        {"headers": [(b"x-auth-token", CANARY.encode()), ("Authorization", CANARY)]},
        {"credential": Credential("x", CANARY)},
        {"access": Credential("x", CANARY)},
        {"error": ValueError(f"cannot reach amqp://u:{CANARY}@mq/")},
        {"raw": f"password={CANARY}".encode()},
        {"secret": [CANARY]},
    ],
)
def test_a_secret_in_data_is_hidden_at_any_depth(value):
    assert CANARY not in str(hidden(value))
    assert "'password': 4711" not in str(hidden(value))


def test_what_is_no_secret_keeps_its_kind():
    value = {"n": 1, "half": 0.5, "yes": True, "none": None, "list": ["a"], "password": None, "token": False}

    assert hidden(value) == value


def test_a_known_secret_is_hidden_wherever_it_is():
    assert hidden({"said": f"the word is {CANARY}!"}, known=[CANARY]) == {"said": "the word is ***!"}


def test_a_known_secret_too_short_to_be_one_hides_nothing():
    assert hidden("a cat", known=["a", ""]) == "a cat"


def test_data_nested_without_end_is_cut():
    endless = []
    endless.append(endless)

    assert hidden({"x": endless})


def test_a_very_long_text_is_cut():
    assert len(without_secrets("x" * 1_000_000)) < 20_000


def test_it_is_a_processor_that_leaves_its_argument_alone():
    event = {"event": "x", "password": CANARY}

    assert Redaction()(None, "info", event) == {"event": "x", "password": HIDDEN}
    assert event["password"] == CANARY


WORDS = [
    "password",
    "token",
    "Authorization",
    "x-auth-token",
    "cookie",
    "apikey",
    "://",
    "@",
    "b",
    " ",
    ",",
    "\\",
    "=",
    ":",
    "'",
    '"',
]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=12).map("".join))
def test_a_text_that_is_passed_over_holds_nothing_that_would_be_found(text):
    if redaction._SIGNS.isdisjoint(text):
        assert not any(one.search(text) for one in (redaction._USERINFO, redaction._HEADER, redaction._PAIR))
        assert without_secrets(text) == text
