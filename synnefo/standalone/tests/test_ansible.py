"""Ansible's openstack.cloud, unchanged, on the embedded cloud. Its environment is made by ``make verify``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synnefo.testing.clients.__main__ import files
from synnefo.testing.embedded import ROOT, EmbeddedCloud

pytestmark = [pytest.mark.acceptance, pytest.mark.verify, pytest.mark.timeout(600)]
PROGRAMS = Path(f"{sys.prefix}-ansible") / "bin"


def test_a_server_with_all_that_it_needs_is_made_twice_and_changed_once():
    with EmbeddedCloud() as cloud:
        given = {"files": files(cloud.var), "ansible_python_interpreter": PROGRAMS / "python"}
        words = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        done = subprocess.run(
            [PROGRAMS / "ansible-playbook", "-i", "localhost,", *words, ROOT / "contrib/clients/ansible.yml"],
            env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(cloud.clouds), "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5000:]
