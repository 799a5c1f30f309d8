"""The words of vncauthproxy's protocol, of both generations."""

import msgspec
import pytest

from synnefo.console import control
from synnefo.console.control import Malformed, Unfinished, Wanted

OLD = {"source_port": 0, "destination_address": "node1", "destination_port": 11000, "password": "secret"}
NEW = OLD | {"auth_user": "synnefo", "auth_password": "hush", "type": "vnc-ws"}


def sent(value):
    return msgspec.json.encode(value)


def test_both_generations_are_read():
    old, new = control.read(sent(OLD)), control.read(sent(NEW))
    assert (old.kind, old.is_new, old.source_port) == ("vnc", False, 0)
    assert (new.kind, new.is_new, new.auth_user, new.auth_password) == ("vnc-ws", True, "synnefo", "hush")


def test_a_request_may_come_in_any_pieces():
    whole = sent(NEW)
    for size in range(1, len(whole)):
        with pytest.raises(Unfinished):
            control.read(whole[:size])


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1",
        b"[]",
        b"{}",
        b"\xff",
        b'{"a":' * 2000,
        sent(OLD | {"password": ""}),
        sent(OLD | {"password": None}),
        sent(OLD | {"source_port": 70000}),
        sent(OLD | {"destination_port": 0}),
        sent(OLD | {"destination_address": ""}),
        sent(NEW | {"type": "spice"}),
        sent(OLD) + b"{}",
    ],
)
def test_what_is_no_request_never_becomes_one(data):
    with pytest.raises(Malformed) as error:
        control.read(data)
    assert not isinstance(error.value, Unfinished)


def test_each_generation_is_answered_as_it_knows():
    assert msgspec.json.decode(control.agreed(control.read(sent(OLD)), 25000, "proxy")) == {
        "source_port": 25000,
        "status": "OK",
    }
    assert msgspec.json.decode(control.agreed(control.read(sent(NEW)), 25000, "proxy")) == {
        "source_port": 25000,
        "status": "OK",
        "proxy_address": "proxy",
    }
    assert msgspec.json.decode(control.failed("why")) == {
        "source_port": 0,
        "status": "FAILED",
        "proxy_address": None,
        "reason": "why",
    }


def test_passwords_are_not_printed():
    assert repr(control.read(sent(NEW))) == "Wanted(vnc-ws, node1:11000)"
    assert isinstance(control.read(sent(OLD)), Wanted)
