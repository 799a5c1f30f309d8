"""The hook reads the environments that Ganeti really sets: recorded on a lab (``synnefo.testing.lab.recording``), one of each job
in the life of an instance with interfaces of every kind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ganeti import hook
from logic.messages import codec

FOLDER = Path(__file__).with_name("environments")
PATHS = sorted(path.stem for path in FOLDER.glob("*.env"))
LAUNCHER = Path(hook.__file__).with_name("snf-ganeti-hook")
MASTER = "node1.ganeti.test"


def environment(path):
    lines = (FOLDER / f"{path}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def seen(path):
    """What the dispatcher reads of it."""
    return codec.decode(json.dumps(hook.observed(environment(path), 1)).encode())


def test_there_is_one_of_each_job_that_the_hook_is_linked_for():
    assert [f"instance-{verb}" for verb in ("add", "modify", "reboot", "remove", "start", "stop")] == PATHS


@pytest.mark.parametrize("path", PATHS)
def test_each_tells_of_its_instance_and_all_its_interfaces(path):
    found = seen(path)
    assert (found.instance, found.path, found.phase, found.cluster) == ("snf-8000", path, "post", "cluster.ganeti.test")
    assert len(found.nics) == (6 if path in {"instance-modify", "instance-remove"} else 7)
    assert all(nic.mac.startswith("aa:00:00:") and nic.uuid and nic.mode and nic.link for nic in found.nics)


def test_bridged_routed_tagged_switched_and_on_networks_of_each_kind():
    told = [(nic.name, nic.mode, nic.link, nic.vlan, nic.network, nic.ip) for nic in seen("instance-add").nics]
    assert told == [
        ("snf-nic-plain", "bridged", "br0", "", "", ""),
        ("snf-nic-on-network", "bridged", "br0", "", "rec-bridged", "192.0.2.2"),
        ("", "routed", "100", "", "", "198.51.100.200"),
        ("", "bridged", "br0", ".10", "", ""),
        ("", "openvswitch", "switch1", ".10:20", "", ""),
        ("", "routed", "100", "", "rec-routed", "198.51.100.2"),
        ("", "openvswitch", "switch1", ".20", "rec-switched", "203.0.113.2"),
    ]


def test_of_a_modification_the_new_values_are_told():
    before, after = seen("instance-start").nics, seen("instance-modify").nics
    assert [nic.uuid for nic in after] == [nic.uuid for nic in before[1:]]
    assert (before[1].ip, after[0].ip) == ("192.0.2.2", "192.0.2.77")


WATCHED = """
import sys
LOOKS = {"os.listdir", "os.scandir", "os.chown"}  # the last gives the file to the spool's owner
touched = []
def watch(event, arguments):
    what = str(arguments[0]) if arguments else ""
    if event == "open" and arguments[2] & (1 | 2 | 64 | 512) and not what.isdigit():  # to write, to make, to cut; by its name
        touched.append(["open", what])
    elif event.split(".")[0] in {"os", "subprocess", "socket", "shutil", "pty"} and event not in LOOKS:
        touched.append([event, what])
sys.addaudithook(watch)
exec(compile(open(LAUNCHER).read(), LAUNCHER, "exec"), {"__file__": LAUNCHER, "__name__": "__main__"})
import json
print(json.dumps(touched))
"""


def touched(path, spool, **more):
    """What it opens to write, and what it asks of the system beside that."""
    code = WATCHED.replace("LAUNCHER", repr(str(LAUNCHER)))
    given = environment(path) | {"GANETI_MASTER": os.uname().nodename, hook.SPOOL_VARIABLE: str(spool), **more}
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code], env=given, capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("path", PATHS)
def test_it_writes_one_file_in_the_spool_and_nothing_anywhere_else(path, tmp_path):
    found, complaint = touched(path, tmp_path)
    (left,) = tmp_path.iterdir()
    hidden = f"{tmp_path}/.{left.name}.tmp"
    assert found == [["open", hidden], ["os.rename", hidden]]
    assert complaint == ""


def test_where_it_is_not_the_master_it_touches_nothing(tmp_path):
    found, complaint = touched("instance-start", tmp_path, GANETI_MASTER="another.ganeti.test")
    assert found == []
    assert complaint == ""
    assert list(tmp_path.iterdir()) == []
