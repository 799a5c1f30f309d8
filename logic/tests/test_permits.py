"""A permit goes where the work goes, into threads too, and ends what it no longer allows before it is sent."""

import pytest

from logic import permits
from logic.errors import Transient
from logic.offload import Threads


def test_without_a_permit_everything_may_be_sent():
    permits.check()


def test_a_permit_that_has_run_out_refuses_and_says_that_nothing_was_sent():
    with permits.under(lambda: False), pytest.raises(Transient) as told:
        permits.check()
    assert (told.value.unclear, told.value.delay) == (False, 0.0)
    permits.check()


async def test_it_counts_in_the_threads_of_the_offload():
    threads = Threads()
    try:
        with permits.under(lambda: False), pytest.raises(Transient):
            await threads.call(permits.check)
        with permits.under(lambda: True):
            await threads.call(permits.check)
        await threads.call(permits.check)
    finally:
        threads.close()
