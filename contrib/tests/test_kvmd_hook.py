"""The hook that has kvmd listen to a guest: the monitor's socket appears once more where nobody listens, and is the same."""

import contextlib
import socket
import subprocess

import pytest
from asyncinotify import Inotify, Mask

from synnefo.testing.readme import ROOT

HOOK = ROOT / "contrib" / "ganeti-hooks" / "snf-kvmd-hook"
NAME = "snf-1"


@pytest.fixture
def monitor(tmp_path):
    """QEMU's second monitor, to which one may connect."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / f"{NAME}.kvmd"))
        listening.listen(1)
        yield listening


def run(folder, name=NAME):
    """Which sockets have appeared while it ran."""
    with Inotify(sync_timeout=0) as inotify:
        inotify.add_watch(folder, Mask.CREATE)
        environment = {"PATH": "/usr/bin:/bin", "CTRL": str(folder)} | ({"GANETI_INSTANCE_NAME": name} if name else {})
        done = subprocess.run([HOOK], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        events = iter(inotify.sync_get, None)
        return [str(event.name) for event in events if str(event.name).endswith(".kvmd")]


def test_where_nobody_listens_the_socket_appears_again_and_is_the_same(tmp_path, monitor):
    assert run(tmp_path) == [f"{NAME}.kvmd"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.kvmd"]
    with socket.socket(socket.AF_UNIX) as kvmd:
        kvmd.connect(str(tmp_path / f"{NAME}.kvmd"))
        with contextlib.closing(monitor.accept()[0]):
            # And where somebody does, it is left alone
            assert run(tmp_path) == []


def test_one_that_was_killed_half_way_is_followed_by_one_that_ends_its_work(tmp_path, monitor):
    (tmp_path / f".{NAME}.again").hardlink_to(tmp_path / f"{NAME}.kvmd")
    assert run(tmp_path) == [f"{NAME}.kvmd"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.kvmd"]


@pytest.mark.parametrize("name", ["", "snf-2", "snf"])
def test_of_others_nothing_is_touched(tmp_path, monitor, name):
    assert run(tmp_path, name) == []


def test_a_node_that_has_never_had_a_guest_is_none_of_its_affair(tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "CTRL": str(tmp_path / "nowhere"), "GANETI_INSTANCE_NAME": NAME}
    assert subprocess.run([HOOK], env=environment, capture_output=True, check=False).returncode == 0
