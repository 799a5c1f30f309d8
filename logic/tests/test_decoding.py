"""Rules of decoding: kinds of any shape, and from any number of threads at once."""

import subprocess
import sys

import msgspec
import pytest

from logic import decoding

MANY_AT_ONCE = """
import sys, threading
import msgspec
from logic import decoding

sys.setswitchinterval(1e-6)
STRUCT = type(msgspec.Struct)
BODY = b'{"server": {"name": "web", "port": {"mtu": 1500}, "other": {"mtu": 9000}}}'


def struct(name, /, **fields):
    return STRUCT(name, (msgspec.Struct,), {"__annotations__": fields, "__module__": __name__})


def met(kind, gate):
    gate.wait()
    for _ in range(10):
        assert decoding.decode(BODY, kind).server.port.mtu == 1500
        assert decoding.convert({"server": {"name": "", "port": {"mtu": 1}, "other": None}}, kind).server.port.mtu == 1


for number in range(200):
    port = struct("Port", mtu=int)
    kind = struct("Body", server=struct("Server", name=str, port=port, other=port | None))
    gate = threading.Barrier(4)
    threads = [threading.Thread(target=met, args=(kind, gate)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
"""


def test_threads_that_meet_a_shape_for_the_first_time_at_once_all_decode_it():
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", MANY_AT_ONCE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


class Port(msgspec.Struct):
    mtu: int


@pytest.mark.parametrize(
    ("kind", "found"), [(Port, Port(1500)), (Port | None, Port(1500)), (dict[str, int], {"mtu": 1500})]
)
def test_a_kind_is_whatever_msgspec_knows(kind, found):
    assert decoding.decode(b'{"mtu": 1500}', kind) == found
    assert decoding.convert({"mtu": 1500}, kind) == found


def test_without_a_kind_all_json_is_taken():
    assert decoding.decode('[1, "a", null]') == [1, "a", None]


def test_what_has_another_shape_is_refused():
    with pytest.raises(msgspec.ValidationError, match=r"\$\.mtu"):
        decoding.decode(b'{"mtu": "1500"}', Port)
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        decoding.convert({"mtu": "1500"}, Port)
    assert decoding.convert({"mtu": "1500"}, Port, strict=False) == Port(1500)
