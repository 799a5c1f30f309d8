"""Rules of the sieve: a delivery reaches its lane whole however the stream is cut, and everything else goes on untouched."""

import itertools

import pamqp.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands as spec
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from logic.bus.deliveries import STILL_THERE, Sieve

KEY = "ganeti.snf.event.op.alpha"
WANTED, OTHER = 2, 1


def delivery(channel, tag, *parts, redelivered=False):
    """The frames of one delivery, as the broker sends them."""
    properties = spec.Basic.Properties(delivery_mode=2, message_id="1", headers={"x-delivery-count": 1})
    frames = [
        spec.Basic.Deliver("queue", tag, redelivered, "ganeti", KEY),
        ContentHeader(body_size=sum(map(len, parts)), properties=properties),
        *map(ContentBody, parts),
    ]
    return [pamqp.frame.marshal(one, channel) for one in frames]


def answers(channel):
    """Frames that are aiormq's affair."""
    frames = [spec.Channel.OpenOk(), spec.Basic.Ack(7, multiple=True), spec.Basic.Cancel("queue", nowait=True)]
    return [pamqp.frame.marshal(one, channel) for one in frames]


@pytest.fixture
def sieve():
    return listening()[0]


def listening():
    made, heard = Sieve(), []
    made.want(WANTED, lambda *told: heard.append(told))
    return made, heard


def fed(sieve, stream, cuts):
    """What is left for the library of a stream that comes in pieces, without what it is told to keep it quiet."""
    places = [0, *sorted(cuts), len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(places) if a < b]
    left = [sieve.feed(piece) for piece in pieces]
    return b"".join(one for one in left if one != STILL_THERE)


STREAM = [
    *answers(WANTED),
    *delivery(WANTED, 1, b"one"),
    pamqp.frame.marshal(Heartbeat(), 0),
    *delivery(WANTED, 2, b"in two", b" parts", redelivered=True),
    *delivery(WANTED, 3),
    *answers(OTHER),
    *delivery(OTHER, 1, b"not asked for"),
]
LEFT = b"".join([*answers(WANTED), STILL_THERE, *answers(OTHER), *delivery(OTHER, 1, b"not asked for")])
TOLD = [(1, False, KEY, b"one"), (2, True, KEY, b"in two parts"), (3, False, KEY, b"")]


@given(st.lists(st.integers(0, sum(map(len, STREAM))), max_size=40))
def test_a_delivery_arrives_whole_however_the_stream_is_cut(cuts):
    sieve, heard = listening()
    left = fed(sieve, b"".join(STREAM), cuts)
    assert heard == TOLD
    assert left.replace(STILL_THERE, b"") == LEFT.replace(STILL_THERE, b"")


def test_byte_by_byte_is_like_all_at_once():
    sieve, heard = listening()
    fed(sieve, b"".join(STREAM), range(sum(map(len, STREAM))))
    assert heard == TOLD


def test_deliveries_of_two_channels_may_come_frame_by_frame_in_turn():
    sieve, heard = listening()
    sieve.want(OTHER, lambda *told: heard.append(told))
    pairs = zip(delivery(WANTED, 1, b"a", b"b"), delivery(OTHER, 9, b"x", b"y"), strict=True)
    sieve.feed(b"".join(frame for pair in pairs for frame in pair))
    assert [(tag, body) for tag, _, _, body in heard] == [(1, b"ab"), (9, b"xy")]


def test_who_counts_the_seconds_of_silence_hears_of_deliveries(sieve):
    assert sieve.feed(b"".join(delivery(WANTED, 1, b"one"))) == STILL_THERE


def test_half_a_frame_says_nothing(sieve):
    assert sieve.feed(delivery(WANTED, 1, b"one")[0][:9]) == b""


@pytest.mark.parametrize(
    "stream",
    [b"AMQP\x00\x00\x09\x01", b"HTTP/1.1 400 Bad Request\r\n", delivery(WANTED, 1, b"one")[0][:-1] + b"\x00"],
    ids=["another version", "another protocol", "a frame without its end"],
)
def test_what_is_no_frame_is_left_to_the_library_from_there_on(stream, sieve):
    good = answers(WANTED)[0]
    assert sieve.feed(good + stream) == good + stream
    assert sieve.feed(b"".join(delivery(WANTED, 1, b"one"))) == b"".join(delivery(WANTED, 1, b"one"))


def test_a_routing_key_that_is_no_text_is_a_delivery_like_any_other():
    sieve, heard = listening()
    stream = b"".join(delivery(WANTED, 1, b"one")).replace(b".op.", b".\xff\xfe.")
    assert sieve.feed(stream) == STILL_THERE
    assert heard == [(1, False, "ganeti.snf.event.\ufffd\ufffd.alpha", b"one")]
