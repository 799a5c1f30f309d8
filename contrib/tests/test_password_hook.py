"""The hook that sets a password in a guest of its node: what it asks an API and an agent, and when it keeps out of it."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from ganeti import guestagent
from ganeti.osprovider.tests.machine import Server

HOOK = Path(__file__).resolve().parents[2] / "contrib" / "ganeti-hooks" / "snf-password-hook"
WORD = "correct horse"
SEALED = base64.b64encode(WORD.encode()).decode()
ORDER = "0f3f6e0c-order"


class Agent(threading.Thread):
    """Who answers at an agent's socket. ``says`` has the answer to a password; what it has to say of before comes first."""

    def __init__(self, path, says=None, before=b""):
        super().__init__(daemon=True)
        self.heard, self._says, self._before = [], says or {"return": {}}, before
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(1)
        self.start()

    def run(self):
        with self._listening, contextlib.suppress(OSError):  # who asks may have heard enough
            plug, _ = self._listening.accept()
            with plug, plug.makefile("rb") as talk:
                plug.sendall(self._before)
                for line in talk:
                    question = json.loads(line.lstrip(b"\xff"))
                    self.heard.append(question)
                    plug.sendall(json.dumps(self._answer(question)).encode() + b"\n")

    def _answer(self, question):
        return {"return": question["arguments"]["id"]} if question["execute"] == "guest-sync" else self._says


@pytest.fixture
def api():
    server = Server({f"/secrets/{ORDER}": json.dumps({"user": "root", "password": WORD}).encode()})
    server.key = "key"
    yield server
    server.close()


@pytest.fixture
def hooked(tmp_path, api):
    """Whether the job goes on, and what was said."""
    said = tmp_path / "settings"
    (tmp_path / "key").write_text("key\n")
    said.write_text(f"APIS={api.url.removesuffix('/images')}\nPLAIN=yes\nKEY_FILE={tmp_path / 'key'}\n")

    def run(**changes):
        told = {
            "PATH": os.environ["PATH"],
            "CONTROLS": str(tmp_path),
            "SYNNEFO_IMAGE_SETTINGS": str(said),
            "GANETI_INSTANCE_NAME": "snf-1",
            "GANETI_INSTANCE_PRIMARY": socket.gethostname(),
            "GANETI_INSTANCE_HYPERVISOR": "kvm",
            "GANETI_INSTANCE_TAGS": f"synnefo:server:x synnefo:password:{ORDER}",
            "GANETI_RUNTIME_MEMORY": "128",
            **changes,
        }
        done = subprocess.run(["python3", HOOK], env=told, capture_output=True, text=True, check=False, timeout=20)
        assert done.stderr == ""
        assert WORD not in done.stdout
        return done.returncode == 0, done.stdout.strip()

    return run


def test_the_agent_is_told_what_the_api_tells(tmp_path, api, hooked):
    agent = Agent(tmp_path / "snf-1.qga", before=b'{"return": 5}\nnonsense\n[1]\n')
    assert hooked() == (True, "")
    assert api.shown == ["Bearer key"]
    assert [one["execute"] for one in agent.heard] == ["guest-sync", "guest-set-user-password"]
    assert agent.heard[1]["arguments"] == {"username": "root", "password": SEALED, "crypted": False}


def test_an_order_of_which_nobody_knows_any_more_does_nothing(api, hooked):
    api.files.clear()
    assert hooked() == (True, "")


def test_without_a_way_to_an_agent_the_job_fails(hooked):
    ok, said = hooked()
    assert (ok, "stop and start it first" in said) == (False, True)


def test_without_an_api_that_tells_it_the_job_fails(api, hooked):
    api.key = "another"
    assert hooked() == (False, "snf-password-hook: no API tells what is secret: 401")


@pytest.mark.parametrize(
    "changes",
    [
        {"GANETI_RUNTIME_MEMORY": ""},
        {"GANETI_INSTANCE_PRIMARY": "another.example.org"},
        {"GANETI_INSTANCE_PRIMARY": ""},
        {"GANETI_INSTANCE_HYPERVISOR": "fake"},
        {"GANETI_INSTANCE_TAGS": "synnefo:server:x synnefo:password:../x synnefo:paused"},
    ],
)
def test_what_is_not_its_affair_is_left_alone(api, hooked, changes):
    assert hooked(**changes) == (True, "")
    assert api.asked == []


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ({"error": {"class": "GenericError", "desc": "no such user"}}, "the password of root: no such user"),
        ({"error": {"class": "GenericError", "desc": f"not {WORD}"}}, "the password of root"),
        ({"error": {"class": "GenericError", "desc": f"not {SEALED}"}}, "the password of root"),
        ({"error": {"class": "CommandNotFound", "desc": "x"}}, "sets no passwords"),
        ({"error": 5}, "the password of root"),
        ({"error": {"class": "GenericError", "desc": "x\n" * 999}}, f"the password of root: {'x' * 200}"),
    ],
)
def test_what_an_agent_could_not_do_is_told_without_the_password(tmp_path, says, told):
    Agent(tmp_path / "a.qga", says)
    with pytest.raises(guestagent.Failed) as failed:
        guestagent.set_password(str(tmp_path / "a.qga"), "root", WORD)
    assert str(failed.value).endswith(told)


def test_a_guest_without_an_agent_is_not_waited_for_long(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "a.qga"))
        listening.listen(1)
        with pytest.raises(guestagent.Failed, match="no agent answers"):
            guestagent.set_password(str(tmp_path / "a.qga"), "root", WORD, patience=0.05)


def test_one_that_says_too_much_is_not_listened_to(tmp_path):
    agent = Agent(tmp_path / "a.qga", before=b"x" * (guestagent.MOST + 1))
    with pytest.raises(guestagent.Failed, match="says too much"):
        guestagent.set_password(str(tmp_path / "a.qga"), "root", WORD)
    agent.join(5)
