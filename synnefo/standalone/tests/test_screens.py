"""What simulated guests show, in the words of VNC."""

import struct

import pytest

from synnefo.console.rfb import Handshake
from synnefo.standalone.screens import HEIGHT, WIDTH, picture, shown

OPENED = [b"RFB 003.008\n", b"\x01", b"\x01"]


def says(*messages):
    """What a viewer is sent for each message."""
    guest = Handshake(shown("snf-1"))
    guest.feed()
    return guest, [guest.feed(one) for one in [*OPENED, *messages]]


def test_a_screen_tells_its_size_and_the_name_of_its_guest():
    _, (*_, init) = says()
    assert struct.unpack(">HH", init[:4]) == (WIDTH, HEIGHT)
    assert init[20:] == b"\0\0\0\x05snf-1"


def test_the_picture_is_sent_once_in_the_viewers_own_format():
    format = struct.pack(">BBBBHHHBBB3x", 16, 16, 1, 1, 31, 63, 31, 11, 5, 0)
    ask = b"\x03%c" + struct.pack(">HHHH", 0, 0, WIDTH, HEIGHT)
    _, (*_, whole, later) = says(b"\0\0\0\0" + format, b"\x02\0\0\x01\0\0\0\0", ask % 0, ask % 1)
    assert len(whole) == 16 + WIDTH * HEIGHT * 2
    assert later == b""


def test_keys_movements_and_what_is_pasted_are_taken():
    guest, out = says(b"\x04\x01\0\0\0\0\0a", b"\x05\0\0\0\0\0", b"\x06\0\0\0\0\0\0\x02hi")
    assert (out[-3:], guest.broken, guest.rest) == ([b"", b"", b""], "", b"")


@pytest.mark.parametrize(("message", "why"), [(b"\xfa", "of kind 250"), (b"\x06\0\0\0\xff\xff\xff\xff", "too much")])
def test_what_is_no_vnc_ends_it(message, why):
    guest, _ = says(message)
    assert why in guest.broken


def test_two_guests_look_different():
    format = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    assert len({picture(f"snf-{number}", format) for number in range(4)}) > 1


def test_no_pixel_is_transparent_to_a_viewer_that_takes_the_rest_for_that():
    format = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    assert set(picture("snf-1", format)[16 + 3 :: 4]) == {255}
