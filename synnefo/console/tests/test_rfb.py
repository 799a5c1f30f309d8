"""Two who shake hands: whatever the version and however the bytes are cut, both come to the same end."""

import itertools

import pytest

from synnefo.console import des, rfb
from synnefo.console.rfb import Handshake

CHALLENGE = bytes(range(16))
VERSIONS = ["003.003", "003.007", "003.008"]
KNOWN = ("COW", bytes.fromhex("00112233445566778899aabbccddeeff"))


def spoken_at(version, viewer):
    """The same viewer, that hears the server speak this version."""
    step = next(viewer)
    heard = False
    while True:
        given = yield step
        if step == 12 and not heard:
            given, heard = f"RFB {version}\n".encode(), True
        try:
            step = viewer.send(given)
        except StopIteration:
            return


def together(server, viewer, *, piece=1000):
    """Let both talk until neither has anything to say."""
    one, other = Handshake(server), Handshake(viewer)
    to_viewer, to_server = one.feed(), other.feed()
    for _ in range(200):
        if not (to_viewer or to_server):
            break
        to_server += other.feed(to_viewer[:piece])
        to_viewer = to_viewer[piece:]
        to_viewer += one.feed(to_server[:piece])
        to_server = to_server[piece:]
    return one, other


@pytest.mark.parametrize(("version", "password", "piece"), [*itertools.product(VERSIONS, ["", "secret"], [1, 5, 1000])])
def test_who_knows_what_is_asked_comes_in(version, password, piece):
    viewer = spoken_at(version, rfb.to_server(password))

    server, viewer = together(rfb.to_viewer(password, CHALLENGE), viewer, piece=piece)

    assert (server.done, server.broken, viewer.done, viewer.broken) == (True, "", True, "")
    assert (server.rest, viewer.rest) == (b"", b"")


@pytest.mark.parametrize("version", VERSIONS)
def test_who_does_not_know_the_password_stays_out(version):
    server, viewer = together(rfb.to_viewer("secret", CHALLENGE), spoken_at(version, rfb.to_server("guessed")), piece=7)

    assert server.broken == "the viewer gave a wrong password"
    assert viewer.broken.startswith("it refused the password")
    assert ("The password is wrong." in viewer.broken) is (version == "003.008")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_viewer_is_told_why_it_is_let_in_nowhere(version):
    server, viewer = together(rfb.refusal("The server is off."), spoken_at(version, rfb.to_server()))

    assert (server.broken, viewer.broken) == ("The server is off.", "it refused: The server is off.")


def test_only_eight_characters_of_a_password_count():
    assert des.answer(CHALLENGE, "12345678") == des.answer(CHALLENGE, "123456789")
    assert des.answer(CHALLENGE, "12345678") != des.answer(CHALLENGE, "1234567")


def test_the_answer_is_that_of_des_with_a_mirrored_key():
    """``openssl enc -des-ecb -nopad -K c2f2ea0000000000`` of the challenge."""
    password, challenge = KNOWN
    assert des.answer(challenge, password).hex() == "1180fc6a51d77f8c2dd87a48d28f53f1"


def server_says(*said):
    """What a viewer without a password makes of it."""
    viewer = Handshake(rfb.to_server())
    viewer.feed()
    for one in said:
        viewer.feed(one)
    return viewer


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([b"SSH-2.0-Open"], "it does not speak VNC"),
        ([b"RFB 00x.008\n"], "it does not speak VNC"),
        ([b"RFB 002.002\n"], "version 2.2 of VNC, which is too old"),
        ([b"RFB 003.008\n", b"\x01\x02"], "asks for a password, and none is set"),
        ([b"RFB 003.008\n", b"\x02\x13\x12"], "another kind: VeNCrypt, TLS"),
        ([b"RFB 003.008\n", b"\0", b"\0\0\0\x04", b"busy"], "it refused: busy"),
        ([b"RFB 003.003\n", b"\0\0\0\0", b"\0\0\0\x04", b"busy"], "it refused: busy"),
        ([b"RFB 003.008\n", b"\x01\x01", b"\0\0\0\x01", b"\0\0\0\x04full"], "full"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_apart(said, why):
    viewer = server_says(*said)

    assert (viewer.done, why in viewer.broken) == (False, True), viewer.broken


@pytest.mark.parametrize(
    ("greeting", "answered"), [("003.889", "003.008"), ("004.001", "003.008"), ("003.005", "003.003")]
)
def test_odd_versions_are_spoken_to_as_the_standard_says(greeting, answered):
    viewer = Handshake(rfb.to_server())
    assert viewer.feed(f"RFB {greeting}\n".encode()) == f"RFB {answered}\n".encode()


def test_a_server_with_a_choice_is_asked_for_nothing_unless_there_is_a_password():
    said = [b"RFB 003.008\n", b"\x02\x02\x01"]
    without, with_one = Handshake(rfb.to_server()), Handshake(rfb.to_server("secret"))
    assert [without.feed(one) for one in said][-1] == b"\x01"
    assert [with_one.feed(one) for one in said][-1] == b"\x02"


def test_what_comes_after_the_opening_is_kept_for_who_relays():
    viewer = server_says(b"RFB 003.008\n\x01\x01\0\0\0\0" + b"more")
    assert (viewer.done, viewer.rest) == (True, b"more")


def test_a_viewer_that_asks_for_what_is_not_offered_is_refused():
    server = Handshake(rfb.to_viewer("secret", CHALLENGE))
    server.feed()
    server.feed(b"RFB 003.008\n")

    out = server.feed(b"\x01")

    assert server.broken == "the viewer asked for security None, which is not offered"
    assert out.startswith(b"\0\0\0\x01")
