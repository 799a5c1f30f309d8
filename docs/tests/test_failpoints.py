"""``docs/failpoints.md`` says what there is, and its command is refused or obeyed as it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from logic.failpoints import ACTIONS, NAMES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "failpoints.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE))


def test_the_page_lists_every_failpoint_with_its_sentence():
    assert {name: ROWS[name] for name in NAMES} == NAMES


def test_the_page_lists_every_action():
    assert set(ROWS) == {*NAMES, *ACTIONS}


def run(command, var):
    """As somebody who reads the page."""
    environment = {"PATH": os.environ["PATH"], "SYNNEFO_VAR": str(var), "SYNNEFO_SETTINGS_DIR": ""}
    words = ["bash", "-c", command.replace(".venv/bin/python", sys.executable)]
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_the_command_of_the_page_refuses_a_name_that_does_not_exist(tmp_path):
    [command] = re.findall(r"^SYNNEFO_FAILPOINT=.*$", PAGE, re.MULTILINE)
    done = run(command.replace("bus.acknowledge", "bus.acknowlege"), tmp_path)
    assert done.returncode == 1
    assert "there is no failpoint 'bus.acknowlege'" in done.stderr


@pytest.mark.slow
def test_the_command_of_the_page_plays_one_cell(tmp_path):
    [command] = re.findall(r"^\.venv.*simulation\.matrix.*$", PAGE, re.MULTILINE)
    done = run(command, tmp_path)
    assert (done.returncode, json.loads(done.stdout)["cells"]) == (0, 2), done.stderr
