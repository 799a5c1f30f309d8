"""Rules of sharing a batch among queues."""

from hypothesis import given
from hypothesis import strategies as st

from logic.bus.fairness import shares

QUEUES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 1000), max_size=12)
LIMITS = st.integers(1, 500)


@given(QUEUES, LIMITS)
def test_nothing_is_left_behind_while_there_is_room(waiting, limit):
    assert sum(shares(waiting, limit).values()) == min(limit, sum(waiting.values()))


@given(QUEUES, LIMITS)
def test_no_queue_gives_more_than_it_has(waiting, limit):
    assert all(0 < count <= waiting[queue] for queue, count in shares(waiting, limit).items())


@given(QUEUES, LIMITS)
def test_who_is_not_served_in_full_gets_no_less_than_another(waiting, limit):
    taken = shares(waiting, limit)
    most = max(taken.values(), default=0)
    assert all(taken.get(queue, 0) >= most - 1 for queue, count in waiting.items() if taken.get(queue, 0) < count)


def test_a_quiet_queue_is_served_whole_beside_a_noisy_one():
    assert shares({"noisy": 10_000, "quiet": 3}, 200) == {"noisy": 197, "quiet": 3}


def test_when_there_is_not_one_for_each_the_first_are_served():
    assert shares({"a": 5, "b": 5, "c": 5}, 2) == {"a": 1, "b": 1}
