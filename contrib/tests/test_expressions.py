"""Alert rules and dashboard speak of what is measured, and the dashboard can be drawn."""

import json
import re

import pytest

from contrib.tests.measured import ALWAYS, measured, selected
from contrib.tests.test_systemd import ROOT
from synnefo.testing.alerts import rules

DASHBOARD = ROOT / "contrib" / "grafana" / "synnefo.json"


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions():
    found = [pytest.param(rule.expr, id=rule.alert) for rule in rules()]
    return found + [
        pytest.param(target["expr"], id=panel["title"]) for panel in panels() for target in panel["targets"]
    ]


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_speaks_of_what_is_measured(expression):
    known = measured()
    used = dict(selected(expression))
    assert used
    assert {name for name in used if name not in known} == set()
    for name, labels in used.items():
        assert labels <= known[name] | ALWAYS, name
    for group in re.findall(r"by \(([^)]*)\)", expression):
        wanted = {label.strip() for label in group.split(",")}
        assert wanted <= set().union(*(known[name] for name in used)) | ALWAYS


def test_an_expression_that_speaks_of_nothing_is_found():
    assert dict(selected('sum(rate(synnefo_no_such_total{a="b"}[5m])) > 1')) == {"synnefo_no_such_total": {"a"}}
    assert "synnefo_no_such_total" not in measured()


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_can_be_drawn(panel):
    assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
    assert panel["targets"]
    place = panel["gridPos"]
    assert place["x"] + place["w"] <= 24


def test_the_dashboard_is_one():
    board = json.loads(DASHBOARD.read_text())
    assert board["title"] == "Synnefo"
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert [one["name"] for one in board["templating"]["list"]] == ["source"]
