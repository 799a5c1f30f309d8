"""Dates as services print them."""

import datetime

import pytest

from synnefo.api.kernel import times


@pytest.mark.parametrize("zone", [datetime.UTC, None])
@pytest.mark.parametrize(("micros", "fraction"), [(0, "000000"), (1, "000001"), (120_000, "120000")])
@pytest.mark.parametrize("year", [900, 2026])
def test_a_moment_is_printed_to_the_second_or_with_all_six_digits(year, micros, fraction, zone):
    moment = datetime.datetime(year, 1, 2, 3, 4, 5, micros, zone)
    whole = f"{year:04}-01-02T03:04:05"
    assert times.seconds(moment) == f"{whole}Z"
    assert times.bare(moment) == f"{whole}.{fraction}"
    assert times.micros(moment) == f"{whole}.{fraction}Z"
