"""The lists of OpenStack's suite, and what is read of its report. The suite itself is ``make tempest``."""

from pathlib import Path

import pytest

from synnefo.testing.tempest import lists
from synnefo.testing.tempest.running import Result, results


def test_each_excluded_test_is_a_selected_one_and_has_a_reason() -> None:
    assert lists.excluded().keys() <= {lists.bare(name) for name in lists.selected()}


def test_a_line_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "excluded.txt"
    file.write_text("# why\ntempest.api.a.Test.test_b\n")
    with pytest.raises(ValueError, match="has no reason"):
        lists.excluded(file)


def test_what_is_excluded_is_not_run() -> None:
    assert lists.wanted(["a.test_b[id-1]", "a.test_c[id-2,smoke]"], {"a.test_b": "because"}) == ["a.test_c[id-2,smoke]"]


def test_the_report_tells_what_passed_failed_and_was_skipped() -> None:
    report = b"""<testsuite><testcase classname="a.T" name="b[id-1]"/><testcase name="setUpClass (a.T)" classname="">
        <error type="x">why</error></testcase><testcase classname="a.T" name="c"><skipped>off</skipped></testcase></testsuite>"""
    assert results(report) == [
        Result("a.T.b[id-1]", "passed"),
        Result("setUpClass (a.T)", "failed", "why"),
        Result("a.T.c", "skipped", "off"),
    ]
