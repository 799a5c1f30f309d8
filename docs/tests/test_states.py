"""The pictures of a server's life, of a network's on a cluster and of a volume's are drawn from the tables as they are."""

import pytest
from django.core.management import call_command

from logic.compute import states
from logic.compute.states import Phase
from logic.network import connection_states
from logic.volume import states as volume_states
from synnefo.testing.readme import ROOT


def test_the_page_is_drawn_from_the_tables():
    call_command("states", "--check")


@pytest.mark.parametrize(
    ("page", "table", "change"),
    [
        ("server", states.MAY, {"stop": frozenset({Phase.ACTIVE, Phase.CRASHED})}),
        ("server", states.SUPERSEDES, {"stop": frozenset({"start"})}),
        ("server", states.NOVA_STATUS, {Phase.CRASHED: "ERROR"}),
        ("network", connection_states.MAY, {"disconnect": frozenset({"connected"})}),
        ("volume", volume_states.CINDER_STATUS, {volume_states.Phase.FAILED: "lost"}),
    ],
    ids=[
        "what may begin",
        "what overtakes what",
        "status words",
        "what may begin of a network",
        "status words of a volume",
    ],
)
def test_a_table_that_changes_without_its_page_is_told(monkeypatch, capsys, page, table, change):
    for key, value in change.items():
        monkeypatch.setitem(table, key, value)
    with pytest.raises(SystemExit):
        call_command("states", "--check")
    assert f"docs/states/{page}.md is out of date: run manage.py states" in capsys.readouterr().err


def test_a_page_is_drawn_where_there_is_none(tmp_path, settings):
    (tmp_path / "docs").mkdir()
    settings.BASE_DIR = tmp_path
    call_command("states")
    for page in ("docs/states/server.md", "docs/states/network.md", "docs/states/volume.md"):
        assert (tmp_path / page).read_text() == (ROOT / page).read_text()
