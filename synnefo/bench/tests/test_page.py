"""The page of figures: made from lines, and complete."""

from pathlib import Path

from synnefo.bench.figures import alone, beside
from synnefo.bench.goals import GOALS
from synnefo.bench.machine import machine
from synnefo.bench.page import NO_FIGURE, page
from synnefo.bench.programs import PROGRAMS

ROOT = Path(__file__).resolve().parents[3]
FIGURES = [figure for program in PROGRAMS.values() for figure in program.figures]


def row(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_line_becomes_a_row_with_its_peer_its_goal_and_what_was_measured():
    text = page([beside("server_get/raw_asgi", "requests/s", [1000.0], [2000.0], servers=100_000, fsync=True)])
    assert row(text, "server_get/raw_asgi") == [
        "`server_get/raw_asgi`", "1,000 requests/s", "2,000", "**0.5**", "ratio at least 0.4", "yes",
        "1 runs: servers 100,000, fsync on",
    ]  # fmt: skip


def test_a_goal_that_is_not_reached_is_said_so():
    text = page([beside("server_get/raw_asgi", "requests/s", [100.0], [2000.0])])
    assert row(text, "server_get/raw_asgi")[5] == "**no**"


def test_the_goals_of_latency_are_for_a_hundred_events_a_second():
    lines = [alone("event_to_row.p99_ms", "ms", [90.0], events_a_second=rate) for rate in (100, 1000)]
    reached = [
        line.split("|")[6].strip() for line in page(lines).splitlines() if line.startswith("| `event_to_row.p99")
    ]
    assert reached == ["**no**", ""]


def test_a_figure_that_was_not_measured_is_named_all_the_same():
    assert row(page([]), "servers_post")[1] == NO_FIGURE


def test_the_page_says_on_what_it_was_measured():
    assert f"Measured on {machine().value:g} cores; processor: " in page([machine()])


def test_figures_from_a_busy_machine_are_not_taken_for_its_best():
    quiet, busy = (alone("machine", "cores", [2.0], load_before=load) for load in (0.5, 9.0))
    assert "kept these cores busy" in page([busy])
    assert "kept these cores busy" not in page([quiet])


def test_goals_are_of_figures_that_exist():
    assert set(FIGURES) >= GOALS.keys()


def test_the_page_in_the_documentation_names_every_figure():
    text = (ROOT / "docs" / "performance.md").read_text()
    assert not [name for name in FIGURES if f"`{name}`" not in text]
