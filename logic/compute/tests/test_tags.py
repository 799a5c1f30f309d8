"""Servers found by their tags, flavors by whom they are opened to, usage by its pages: as each database reads it."""

import datetime

import pytest

from logic.compute import flavors, queries, tags, usage
from logic.compute.listing import ServerFilter
from logic.compute.models import Flavor
from logic.compute.tests.test_rows import MOMENT, make
from logic.errors import NotFound
from logic.testing.worlds import ADMIN, ALICE, BOB

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


def test_tags_are_written_sorted_and_once():
    assert tags.written(["red", "blue", "red"]) == ",blue,red,"
    assert [tags.listed(column) for column in (",blue,red,", None, "")] == [["blue", "red"], [], []]
    assert tags.written([]) is None


def test_every_database_minds_capitals_and_signs_of_tags():
    for number, word in enumerate(["Red", "red", "a.c", "abc", "дом (2)", "x+y"], start=1):
        make(number, name=word, tags=tags.written([word]))
    make(9, name="none")
    for word in ("Red", "red", "a.c", "дом (2)", "x+y"):
        assert [info.name for info in queries.servers(ALICE, ServerFilter(tags=[word]))] == [word]
    assert len(queries.servers(ALICE, ServerFilter(not_tags=["red"]))) == 6
    assert len(queries.servers(ALICE, ServerFilter(not_tags_any=["red", "abc"]))) == 5
    assert len(queries.servers(ALICE, ServerFilter(tags_any=["red", "abc"]))) == 2


def test_a_flavor_is_found_by_whom_it_is_opened_to():
    Flavor.objects.create(id="p", name="private", vcpus=1, ram=1, disk=1, is_public=False)
    flavors.open_to(ADMIN, "p", ALICE.project)
    assert queries.flavor(ALICE, "p").name == "private"
    with pytest.raises(NotFound):
        queries.flavor(BOB, "p")


def test_pages_of_usage_follow_each_other_over_projects():
    for number, project in enumerate([BOB.project, ALICE.project, ALICE.project], start=1):
        make(number, project=project, launched_at=MOMENT)
    span = usage.Span(MOMENT, MOMENT + datetime.timedelta(hours=1))
    whole = [one.server for one in usage.used(ADMIN, span)]
    paged, marker = [], ""
    while page := usage.used(ADMIN, span, limit=1, marker=marker):
        paged += [one.server for one in page]
        marker = paged[-1]
    assert (paged, len(whole)) == (whole, 3)
