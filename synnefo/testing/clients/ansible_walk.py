"""Ansible's openstack.cloud: the play of ``contrib/clients``, by programs in an environment of their own (``make verify``)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from synnefo.testing.embedded import ROOT

PROGRAMS: Final = Path(f"{sys.prefix}-ansible") / "bin"
PLAY: Final = ROOT / "contrib" / "clients" / "ansible.yml"
WITHIN: Final = 600.0  # seconds


def walk(clouds: Path, files: Path) -> None:
    """Raises ``AssertionError`` with what the play printed last."""
    given = {"files": files, "ansible_python_interpreter": PROGRAMS / "python"}
    words = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
    done = subprocess.run(
        [PROGRAMS / "ansible-playbook", "-i", "localhost,", *words, PLAY],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(clouds), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN,
    )
    assert done.returncode == 0, done.stdout[-5000:]
