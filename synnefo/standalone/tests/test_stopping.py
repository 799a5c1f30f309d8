"""Ctrl-C before the embedded cloud has begun: it says what it says later, at whatever is being imported."""

import signal
import subprocess
import sys

import pytest

from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import spare_port

MOMENTS = ("django.core.management", "logic.configuration", "uvloop")  # modules just imported when Ctrl-C is pressed


def interrupted(var, moment, *words):
    """The exit code of ``manage.py`` and what it says, with Ctrl-C when this module has just been imported."""
    command = ["env", "--default-signal=INT", sys.executable, "-X", "importtime", "manage.py", *words]
    environment = {"SYNNEFO_VAR": str(var), "SYNNEFO_SETTINGS_DIR": "", "PATH": "/usr/bin"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        next(line for line in process.stderr if line.rpartition("|")[2].strip() == moment)
        process.send_signal(signal.SIGINT)
        said = [line for line in process.stderr if not line.startswith("import time:")]
    return process.returncode, "".join(said)


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_in_the_first_moments_says_stopped_and_nothing_else(tmp_path, moment):
    assert interrupted(tmp_path, moment, "standalone", "--port", str(spare_port())) == (0, "Stopped.\n")


def test_ctrl_c_ends_an_operator_command_as_the_shell_expects(tmp_path):
    assert interrupted(tmp_path, "logic.configuration", "server-list") == (130, "Stopped.\n")
