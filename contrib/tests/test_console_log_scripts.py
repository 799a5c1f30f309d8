"""What Ganeti runs for console logs on its nodes: QEMU is told where to keep a guest's log, whatever is amiss the guest starts,
and logs of guests that are not there any more go.
"""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

HOOKS = Path(__file__).resolve().parents[2] / "contrib" / "ganeti-hooks"
UUID, OTHER = "1867c5f0-f087-41bb-99e2-2d3ed2dbe529", "2867c5f0-f087-41bb-99e2-2d3ed2dbe529"
SERIAL = "unix:/var/run/ganeti/kvm-hypervisor/ctrl/snf-1.serial,server,nowait"


@pytest.fixture
def node(tmp_path):
    """A QEMU that prints what it is told, and where logs are."""
    (tmp_path / "kvm").write_text("#!/bin/sh\numask\nprintf '%s\\n' \"$@\"\n")
    (tmp_path / "kvm").chmod(0o755)
    (tmp_path / "logs").mkdir()
    return tmp_path


def started(node, *words):
    """What QEMU is told: the script as on a node, but for where its settings are."""
    settings = node / "settings"
    settings.write_text(f"# of the node\nKVM={node}/kvm\nLOGS={node}/logs\nGUESTS={node}/guests\n$(nonsense\n")
    script = node / "snf-kvm"
    script.write_text((HOOKS / "snf-kvm").read_text().replace("/etc/default/synnefo-kvm", str(settings)))
    done = subprocess.run(["sh", script, *words], capture_output=True, text=True, check=True, timeout=20, umask=0o022)
    assert done.stderr == ""
    umask, *told = done.stdout.split("\n")[:-1]
    assert umask == "0022"
    return told


def logs(node):
    return sorted(one.name for one in (node / "logs").iterdir())


WORDS = [
    "-name",
    "snf-1",
    "-append",
    "a b  c",
    "-serial",
    SERIAL,
    "-usb",
    "-uuid",
    UUID,
    "-netdev",
    "x=*,y='\"",
    "",
    "-S",
]


def test_qemu_is_told_where_to_keep_the_log_and_everything_else_as_ganeti_says(node):
    log = node / "logs" / f"{UUID}.snf-1.log"
    wanted = [f"{SERIAL},logfile={log},logappend=on" if word == SERIAL else word for word in WORDS]
    assert started(node, *WORDS) == wanted
    assert (log.stat().st_mode & 0o777, log.stat().st_gid) == (0o660, (node / "logs").stat().st_gid)


def test_a_guest_that_starts_anew_goes_on_in_its_log(node):
    (node / "logs" / f"{UUID}.snf-1.log").write_text("before\n")
    started(node, *WORDS)
    assert (node / "logs" / f"{UUID}.snf-1.log").read_text() == "before\n"


TRACES = 'case "$1 $2" in "-d help") echo "trace:PATTERN   enable trace events"; exit ;; esac\n'


def tracing(node):
    """Its QEMU can trace into a log."""
    (node / "kvm").write_text((node / "kvm").read_text().replace("umask\n", f"{TRACES}umask\n", 1))
    return node


def test_a_qemu_that_can_says_whether_its_guest_runs_and_has_a_monitor_for_the_hook(node):
    state = node / "logs" / f"{UUID}.snf-1.state"
    state.write_text("of an earlier start\n")
    told = started(tracing(node), *WORDS, "-D", "/var/log/ganeti/kvm/snf-1.log")
    monitor = f"unix:{node}/guests/snf-1.qmp,server,nowait"
    assert told[-6:] == ["-D", str(state), "-d", "trace:runstate_set", "-qmp", monitor]
    assert (state.read_text(), state.stat().st_mode & 0o777) == ("", 0o660)
    assert (node / "guests").stat().st_mode & 0o777 == 0o700


def test_an_operator_who_has_qemu_log_something_keeps_that(node):
    assert "-qmp" not in started(tracing(node), *WORDS, "-d", "guest_errors", "-D", "/var/log/ganeti/kvm/snf-1.log")
    assert logs(node) == [f"{UUID}.snf-1.log"]


@pytest.mark.parametrize(
    "words",
    [
        ["-help"],
        ["-machine", "?"],
        ["-serial", SERIAL],
        ["-uuid", UUID],
        ["-uuid", UUID, "-serial", "none"],
        ["-uuid", UUID, "-serial", "pty"],
        ["-uuid", UUID, "-serial", SERIAL + ",logfile=/x"],
        ["-uuid", "1867c5f0-f087-41bb-99e2-2d3ed2dbe5/9", "-serial", SERIAL],
        ["-uuid", "../../../../../../../../etc/cron.d/x0123", "-serial", SERIAL],
        ["-uuid", UUID, "-serial", "unix:/x/a b.serial,server,nowait"],
        ["-uuid", UUID, "-serial", "unix:/x/a,logfile=b.serial,server,nowait"],
    ],
)
def test_what_is_not_as_expected_is_left_as_it_is(node, words):
    assert started(node, *words) == words
    assert logs(node) == []


@pytest.mark.parametrize("trouble", ["nobody keeps logs", "a directory is in the way"])
def test_a_guest_whose_log_cannot_be_kept_starts_without_one(node, trouble):
    if trouble == "nobody keeps logs":
        (node / "logs").rmdir()
    else:
        (node / "logs" / f"{UUID}.snf-1.log").mkdir()
    assert started(node, *WORDS) == WORDS


@pytest.fixture
def kept(node):
    """The logs of two guests, of which one runs here."""
    for name in (f"{UUID}.snf-1.log", f"{OTHER}.snf-2.log", f"{OTHER}.snf-2.state", "readme"):
        (node / "logs" / name).touch()
    (node / "known").write_text("snf-1\nsnf-2\nsnf-3\n")
    (node / "ctrl").mkdir()
    with socket.socket(socket.AF_UNIX) as serial:
        serial.bind(str(node / "ctrl" / "snf-1.serial"))
        yield node


def hooked(node, name):
    told = {
        "LOGS": node / "logs",
        "CTRL": node / "ctrl",
        "KNOWN": node / "known",
        "GANETI_INSTANCE_NAME": name,
        "GUESTS": node,
    }
    environment = {"PATH": os.environ["PATH"]} | {key: str(value) for key, value in told.items()}
    done = subprocess.run(
        [HOOKS / "snf-console-log-hook"], env=environment, capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stderr == ""
    return logs(node)


def test_the_log_of_a_guest_that_is_gone_from_here_goes_and_its_monitor(kept):
    for name in ("snf-1.qmp", "snf-2.qmp"):
        (kept / name).touch()
    assert hooked(kept, "snf-2") == [f"{UUID}.snf-1.log", "readme"]
    assert [one.name for one in kept.glob("*.qmp")] == ["snf-1.qmp"]


def test_that_of_one_that_has_come_here_stays(kept):
    assert hooked(kept, "snf-1") == [f"{UUID}.snf-1.log", f"{OTHER}.snf-2.log", f"{OTHER}.snf-2.state", "readme"]


def test_what_an_earlier_hook_has_missed_goes_with_the_next_but_not_what_is_new(kept):
    (kept / "known").write_text("snf-3\n")
    for old in (f"{UUID}.snf-1.log", f"{OTHER}.snf-2.state"):
        os.utime(kept / "logs" / old, (time.time() - 7200,) * 2)
    assert hooked(kept, "snf-3") == [f"{OTHER}.snf-2.log", "readme"]


@pytest.mark.parametrize("known", [None, ""])
def test_a_cluster_that_says_nothing_of_its_instances_has_not_lost_them(kept, known):
    (kept / "known").unlink() if known is None else (kept / "known").write_text(known)
    os.utime(kept / "logs" / f"{UUID}.snf-1.log", (1, 1))
    assert len(hooked(kept, "snf-3")) == 4


@pytest.mark.parametrize("name", ["", "*", "../x", "a b", "snf-2.log\nx"])
def test_a_name_that_is_none_removes_nothing(kept, name):
    assert len(hooked(kept, name)) == 4


def test_a_node_without_logs_is_no_failure(kept):
    hooked(kept, "snf-1")
    for one in (kept / "logs").iterdir():
        one.unlink()
    (kept / "logs").rmdir()
    told = {"PATH": os.environ["PATH"], "LOGS": str(kept / "logs"), "GANETI_INSTANCE_NAME": "snf-1"}
    assert subprocess.run([HOOKS / "snf-console-log-hook"], env=told, check=False, timeout=20).returncode == 0
