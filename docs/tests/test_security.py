"""The ledger of advisories: each is judged, and the tests that it names are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.api.tests.isolation.test_isolation import ROWS

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "docs/security/ossa-ledger.md"
PUBLISHED = {  # advisories a year, up to May 2026
    2011: 1, 2012: 20, 2013: 37, 2014: 41, 2015: 21, 2016: 13, 2017: 6, 2018: 2, 2019: 6, 2020: 8, 2021: 6, 2023: 3, 2024: 5,
    2025: 2, 2026: 12,
}  # fmt: skip
ADVISORIES = [f"OSSA-{year}-{number:03}" for year, count in PUBLISHED.items() for number in range(1, count + 1)]
LATER = [f"CVE-2026-{number}" for number in (42998, 42999, 43000, 43001, 44394, 90460)]
JUDGED = re.compile(r"^\| ((?:OSSA|CVE)-[\d-]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w./-]+\.py)::([\w:]+)(?:\[([^`]*)\])?`")
VERDICTS = ("not applicable: ", "not served: ", "open: ", "`")
VERDICT = {id: verdict for id, _, _, verdict in JUDGED.findall(LEDGER.read_text())}


def test_every_advisory_is_judged_once():
    told = [id for id, *_ in JUDGED.findall(LEDGER.read_text())]
    assert sorted(told) == sorted(ADVISORIES + LATER)


@pytest.mark.parametrize("id", ADVISORIES + LATER)
def test_a_verdict_is_a_test_a_reason_or_what_is_missing(id):
    verdict = VERDICT[id]
    assert verdict.startswith(VERDICTS)
    assert len(verdict) > len("not applicable: it is")
    assert verdict[0] != "`" or NAMED.match(verdict)


def test_every_test_that_is_named_is_there():
    missing = [f"{path}::{name}" for path, name, _ in NAMED.findall(LEDGER.read_text()) if name not in _tests(path)]
    assert missing == []


def test_every_row_that_is_named_is_there():
    rows = {row.name for row in ROWS}
    named = {row for _, name, row in NAMED.findall(LEDGER.read_text()) if name == "test_who_may"}
    assert named - rows == set()


def test_a_test_that_is_not_there_is_found():
    assert "test_nothing_of_the_kind" not in _tests("docs/tests/test_security.py")


def _tests(path: str) -> set[str]:
    """The tests in a file, as pytest calls them behind its name; none when there is no file."""
    file = ROOT / path
    return set(_inside(ast.parse(file.read_text()))) if file.is_file() else set()


def _inside(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _inside(node, f"{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield prefix + node.name
