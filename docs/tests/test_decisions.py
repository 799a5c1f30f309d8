"""Decisions are found by their numbers, and what a page refers to is there."""

import re

import pytest

from synnefo.testing.readme import ROOT

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
REFERENCE = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_each_decision_has_a_number_of_its_own_and_none_is_left_out():
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name[:4])
def test_a_decision_is_headed_by_its_number(page):
    assert page.read_text().startswith(f"# {int(page.name[:4])}. ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_refers_to_is_there(page):
    assert [to for to in REFERENCE.findall(page.read_text()) if not (page.parent / to).exists()] == []
