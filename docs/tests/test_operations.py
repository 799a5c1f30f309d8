"""The pages of docs/operations: one for each alert, and every command in them exists."""

import re
import shlex

import pytest
from django.core.management import get_commands, load_command_class

from contrib.tests.measured import measured
from synnefo.testing.alerts import rules
from synnefo.testing.readme import ROOT

OPERATIONS = ROOT / "docs" / "operations"
PAGES = OPERATIONS / "alerts"
EVERY = sorted(OPERATIONS.rglob("*.md"))


def test_each_alert_has_a_page_and_each_page_its_alert():
    assert {page.stem for page in PAGES.glob("*.md")} == {rule.alert for rule in rules()}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_says_what_it_means_how_to_see_it_and_what_to_do(page):
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What it means", "How to see it", "What to do"]


def commands(page):
    """The operator commands in a page, in blocks and in prose."""
    text = page.read_text()
    lines = [
        line.strip()
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [shlex.split(line)[1:] for line in lines if line.startswith(("manage ", "manage.py "))]


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.stem)
def test_each_operator_command_of_a_page_exists_and_understands_its_options(page):
    for name, *options in commands(page):
        known = get_commands()
        assert name in known, page
        command = load_command_class(known[name], name) if isinstance(known[name], str) else known[name]
        assert command.create_parser("manage.py", name).parse_args(options)


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_each_metric_named_in_a_page_is_measured(page):
    known = measured()
    assert {name for name in re.findall(r"`(synnefo_[a-z_]+)", page.read_text()) if name not in known} == set()


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.stem)
def test_each_page_that_a_page_leads_to_is_there(page):
    leads = re.findall(r"\]\(([^)#:]+)", page.read_text())
    assert {lead for lead in leads if not (page.parent / lead).exists()} == set()
