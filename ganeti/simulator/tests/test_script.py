"""A script in a file is what goes wrong now: no more of it when the file says something else."""

import json

from ganeti.simulator.chance import Chance
from ganeti.simulator.faults import Faults
from ganeti.simulator.script import Script


def scripted(tmp_path):
    faults = Faults(Chance(1))
    return tmp_path / "script", faults, Script(tmp_path / "script", faults)


def told(script, faults):
    """What happens to the next request."""
    script.refresh()
    found = faults.request("GET", "/2/info")
    return found.kind if found else None


def test_without_a_file_nothing_goes_wrong(tmp_path):
    _, faults, script = scripted(tmp_path)
    assert told(script, faults) is None


def test_a_fault_of_the_file_happens_as_often_as_it_says(tmp_path):
    path, faults, script = scripted(tmp_path)
    path.write_text(json.dumps([{"kind": "refuse", "times": 2}]))
    assert [told(script, faults) for _ in range(3)] == ["refuse", "refuse", None]


def test_a_changed_file_replaces_what_had_not_happened_yet(tmp_path):
    path, faults, script = scripted(tmp_path)
    path.write_text(json.dumps([{"kind": "refuse", "times": 100}]))
    assert told(script, faults) == "refuse"
    path.write_text(json.dumps([{"kind": "cut"}]))
    assert [told(script, faults) for _ in range(2)] == ["cut", None]


def test_a_file_that_is_gone_or_makes_no_sense_plans_nothing(tmp_path):
    path, faults, script = scripted(tmp_path)
    path.write_text(json.dumps([{"kind": "refuse", "times": 100}]))
    assert told(script, faults) == "refuse"
    path.write_text("nonsense")
    assert told(script, faults) is None
    path.write_text(json.dumps([{"kind": "drop"}]))
    path.unlink()
    assert told(script, faults) is None
