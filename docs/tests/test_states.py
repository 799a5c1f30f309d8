"""The picture of a server's life is drawn from the tables as they are."""

import pytest
from django.core.management import call_command

from docs.tests.readme import ROOT
from logic.compute import states
from logic.compute.states import Phase


def test_the_page_is_drawn_from_the_tables():
    call_command("states", "--check")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (states.MAY, {"stop": frozenset({Phase.ACTIVE, Phase.CRASHED})}),
        (states.SUPERSEDES, {"stop": frozenset({"start"})}),
        (states.NOVA_STATUS, {Phase.CRASHED: "ERROR"}),
    ],
    ids=["what may begin", "what overtakes what", "status words"],
)
def test_a_table_that_changes_without_its_page_is_told(monkeypatch, capsys, table, change):
    for key, value in change.items():
        monkeypatch.setitem(table, key, value)
    with pytest.raises(SystemExit):
        call_command("states", "--check")
    assert "docs/states/server.md is out of date: run manage.py states" in capsys.readouterr().err


def test_a_page_is_drawn_where_there_is_none(tmp_path, settings):
    (tmp_path / "docs").mkdir()
    settings.BASE_DIR = tmp_path
    call_command("states")
    assert (tmp_path / "docs/states/server.md").read_text() == (ROOT / "docs/states/server.md").read_text()
