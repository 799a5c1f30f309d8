"""What can be measured, by which names, and what a line says. The figures themselves are nobody's pass or fail."""

import importlib
import json
import subprocess
import sys

import pytest

from synnefo.bench.figures import Figure, alone, beside, percentile
from synnefo.bench.messages import STATUSES, Load
from synnefo.bench.programs import MACHINE, PROGRAMS, chosen
from synnefo.testing.embedded import ROOT


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_of_the_table_can_be_started(name):
    assert callable(importlib.import_module(PROGRAMS[name].module).measure)


def test_no_two_programs_measure_the_same_figure():
    figures = [figure for program in PROGRAMS.values() for figure in program.figures]
    assert len(figures) == len(set(figures))


def test_all_programs_run_unless_some_are_named_and_in_their_order():
    assert chosen([]) == list(PROGRAMS)
    assert chosen(["api", "dispatcher.two/dispatcher.one"]) == ["dispatcher", "api"]


def test_a_name_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(SystemExit, match=r"no 'dispatchr'.*dispatcher\.one/raw_consumer"):
        chosen(["dispatchr"])


def test_a_line_gives_medians_their_ratio_and_what_was_measured():
    # Given three interleaved runs of ours and of the peer
    figure = beside("ours/peer", "requests/s", [10.0, 30.0, 20.0], [40.0, 80.0, 10.0], servers=7)
    # Then the line says what the readers look for, and the facts beside it
    assert json.loads(figure.line) == {
        "name": "ours/peer", "value": 20.0, "unit": "requests/s", "peer_value": 40.0, "ratio": 0.5, "runs": 3, "servers": 7,
    }  # fmt: skip
    assert Figure.read(figure.line) == figure


def test_a_figure_without_a_peer_says_so():
    told = json.loads(alone("posts", "requests/s", [3.0, 1.0, 2.0]).line)
    assert (told["value"], told["peer_value"], told["ratio"]) == (2.0, None, None)


def test_a_percentile_is_the_value_that_as_many_do_not_exceed():
    assert percentile(range(1, 101), 0.5) == 51
    assert percentile(range(1, 101), 0.99) == 100
    assert percentile([5.0], 0.99) == 5.0


def test_the_last_job_of_every_server_is_final():
    # Given jobs that do not divide evenly among the servers
    load = Load("b", 28, 3, 100)
    jobs = {}
    for one in load:
        jobs[one.instance] = one.job
        assert (one.status == STATUSES[-1]) == (STATUSES.index(one.status) == 3)
    # Then what each server heard last is from the final job on, and the next load begins behind it
    assert min(jobs.values()) == load.final
    assert max(jobs.values()) + 1 == load.next_job


def poisoned(*words: str) -> Figure:
    """The poison program's figure."""
    return Figure.read(bench("poison", *words).splitlines()[-1])


def all_is_accounted_for(figure: Figure, *, messages: int) -> None:
    facts = figure.facts
    assert (facts["messages"], facts["poison"]) == (2 * messages, messages // 100)
    assert facts["quarantined"] == facts["poison"]
    assert (facts["lost"], facts["unseen"], facts["without_a_reason"]) == (0, 0, 0)
    assert facts["replayed"] == facts["mendable"] > 0


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_poison_is_quarantined_with_its_reason_and_what_a_mended_fault_stopped_is_replayed():
    figure = poisoned("--servers", "1000", "--messages", "1200", "--runs", "1", "--rate", "200")
    all_is_accounted_for(figure, messages=1200)


@pytest.mark.servers
@pytest.mark.verify
@pytest.mark.alone
@pytest.mark.timeout(1800)
def test_a_thousand_of_poison_among_a_hundred_thousand_events_lose_nothing():
    figure = poisoned("--servers", "20000", "--messages", "100000", "--runs", "1", "--rate", "400")
    all_is_accounted_for(figure, messages=100_000)


SMALL = ["--servers", "1000", "--messages", "80", "--resources", "10", "--runs", "1", "--seconds", "0.3"]


def bench(*words: str, lines: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "synnefo.bench", *words],
        cwd=ROOT, input=lines, capture_output=True, text=True, timeout=1700, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_programs_that_are_named_print_their_lines_and_the_page_is_made_of_them():
    printed = bench("server_get/raw_asgi", *SMALL)
    names = [json.loads(line)["name"] for line in printed.splitlines()]
    assert names == [MACHINE, *PROGRAMS["api"].figures]
    assert "| `server_get/raw_asgi` |" in bench("--page", lines=printed)


@pytest.mark.servers
@pytest.mark.verify
@pytest.mark.timeout(600)
@pytest.mark.parametrize("program", ["dispatcher", "latency", "growth", "console"])
def test_every_program_prints_each_of_its_figures(program):
    names = {json.loads(line)["name"] for line in bench(program, *SMALL).splitlines()}
    assert names == {MACHINE, *PROGRAMS[program].figures}
