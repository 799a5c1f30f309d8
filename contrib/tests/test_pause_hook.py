"""The hook that pauses a guest of its node: what it does to QEMU, and when it keeps out of it."""

import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

HOOK = Path(__file__).resolve().parents[2] / "contrib" / "ganeti-hooks" / "snf-pause-hook"
GREETING = {"QMP": {"version": {}, "capabilities": []}}


class Qemu(threading.Thread):
    """Who listens at a monitor, with a guest of this status. ``heard`` is what it was told."""

    def __init__(self, path, status, *, obeys=True):
        super().__init__(daemon=True)
        self.status, self.heard, self._obeys = status, [], obeys
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(1)
        self.start()

    def run(self):
        plug, _ = self._listening.accept()
        with plug, plug.makefile("rw") as talk:
            print(json.dumps(GREETING), file=talk, flush=True)
            for line in talk:
                print(
                    json.dumps({"event": "NIC_RX_FILTER_CHANGED"}),
                    json.dumps(self._answer(line)),
                    sep="\n",
                    file=talk,
                    flush=True,
                )
        self._listening.close()

    def _answer(self, line):
        self.heard.append(word := json.loads(line)["execute"])
        if word in {"stop", "cont"} and self._obeys:
            self.status = {"stop": "paused", "cont": "running"}[word]
        return {"return": {"status": self.status} if word == "query-status" else {}}


def hooked(node, *, tags="synnefo:server:x", **changes):
    """Whether the job goes on, and what was said."""
    told = {
        "PATH": os.environ["PATH"],
        "GUESTS": str(node),
        "GANETI_INSTANCE_NAME": "snf-1",
        "GANETI_INSTANCE_PRIMARY": socket.gethostname(),
        "GANETI_INSTANCE_HYPERVISOR": "kvm",
        "GANETI_INSTANCE_TAGS": tags,
        "GANETI_RUNTIME_MEMORY": "128",
        **changes,
    }
    done = subprocess.run(["python3", HOOK], env=told, capture_output=True, text=True, check=False, timeout=20)
    assert done.stderr == ""
    return done.returncode == 0, done.stdout.strip()


PAUSED = "synnefo:server:x synnefo:paused"


@pytest.mark.parametrize(
    ("status", "tags", "told", "after"),
    [
        ("running", PAUSED, ["stop"], "paused"),
        ("paused", PAUSED, [], "paused"),
        ("prelaunch", PAUSED, [], "prelaunch"),
        ("paused", "", ["cont"], "running"),
        ("io-error", "", ["cont"], "running"),
        ("running", "", [], "running"),
    ],
)
def test_a_guest_is_as_its_tag_says_afterwards(tmp_path, status, tags, told, after):
    qemu = Qemu(tmp_path / "snf-1.qmp", status)
    assert hooked(tmp_path, tags=tags) == (True, "")
    asked = ["query-status", *told, "query-status"]
    assert (qemu.heard, qemu.status) == (["qmp_capabilities", *asked], after)


def test_a_guest_that_does_not_stop_fails_the_job(tmp_path):
    Qemu(tmp_path / "snf-1.qmp", "running", obeys=False)
    assert hooked(tmp_path, tags=PAUSED) == (False, "snf-pause-hook: the guest is running")


@pytest.mark.parametrize("status", ["postmigrate", "inmigrate", "shutdown"])
def test_a_guest_that_is_elsewhere_by_now_is_never_woken(tmp_path, status):
    qemu = Qemu(tmp_path / "snf-1.qmp", status)
    assert hooked(tmp_path) == (False, f"snf-pause-hook: the guest is neither running nor paused: {status}")
    assert "cont" not in qemu.heard


def test_one_without_a_monitor_is_not_paused_and_needs_no_waking(tmp_path):
    ok, said = hooked(tmp_path, tags=PAUSED)
    assert (ok, "stop and start it first" in said) == (False, True)
    assert hooked(tmp_path) == (True, "")


def test_a_qemu_that_is_gone_is_said_to_be(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "snf-1.qmp"))
    ok, said = hooked(tmp_path, tags=PAUSED)
    assert (ok, said.startswith("snf-pause-hook: QEMU does not answer")) == (False, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"GANETI_RUNTIME_MEMORY": ""},
        {"GANETI_INSTANCE_PRIMARY": "another.example.org"},
        {"GANETI_INSTANCE_PRIMARY": ""},
        {"GANETI_INSTANCE_HYPERVISOR": "fake"},
    ],
)
def test_what_is_not_its_affair_is_left_alone(tmp_path, changes):
    assert hooked(tmp_path, tags=PAUSED, **changes) == (True, "")
