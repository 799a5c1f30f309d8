"""The standalone simulator: HTTPS with a certificate to pin, users, the real client; killed and started again."""

import asyncio
import re
import signal
import socket
import ssl
import stat
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ganeti.https import RequestsTransport
from ganeti.rapi import RapiClient
from ganeti.simulator.__main__ import main
from ganeti.simulator.certificate import context
from ganeti.simulator.tests.lab import creation
from ganeti.simulator.users import Users, first_user
from ganeti.transport import NotSent, RapiRequest, ReplyLost
from logic.errors import Rejected, Transient

READY = re.compile(r"ganeti\.simulator is ready: (\S+) certificate=(\S+) users=(\S+) cluster=(\S+)\n")
ROOT = Path(__file__).parents[3]
INFO = RapiRequest(method="GET", path="/2/info", timeout=10.0)


class Process:
    """A simulator of its own; ``url``, ``certificate`` and ``cluster`` as it tells them."""

    def __init__(self, child, told):
        self.child = child
        self.url, self.certificate, users, self.cluster = told.groups()
        self.users = Path(users)

    def shown(self):
        """The certificate's bytes."""
        return Path(self.certificate).read_bytes()

    def transport(self, user="writer", password="pw-w"):
        return RequestsTransport(self.url, user, password, ca_file=self.certificate)

    def client(self):
        return RapiClient(self.transport())

    async def stop(self, number=signal.SIGTERM):
        self.child.send_signal(number)
        return await asyncio.wait_for(self.child.wait(), 20)


async def spawn(*arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ganeti.simulator", "--port", "0", *map(str, arguments),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@asynccontextmanager
async def started(folder, *arguments):
    """A running simulator, killed at the end if need be."""
    users = folder.parent / "users"
    users.write_text("# who may\nwriter pw-w write\nreader pw-r read\n")
    child = await spawn("--dir", folder, "--users", users, *arguments)
    try:
        line = (await asyncio.wait_for(child.stdout.readline(), 30)).decode()
        told = READY.fullmatch(line)
        assert told, line or (await child.stderr.read()).decode()
        yield Process(child, told)
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


def spec(name):
    return {key: value for key, value in creation(name, nics=[{}]).items() if key not in {"__version__", "mode"}}


async def ended(client, job):
    while not (found := await asyncio.to_thread(client.job, job)).final:  # noqa: ASYNC110 - a client can only ask
        await asyncio.sleep(0.02)
    return found.status


async def test_the_real_client_works_over_https_and_a_signal_stops_it(tmp_path):
    async with started(tmp_path / "one", "--speed", "50") as process:
        client = process.client()
        assert client.info().uuid == process.cluster
        job = client.create_instance(spec("web1"), reason="synnefo:abc")
        assert await ended(client, job) == "success"
        assert client.instance("web1").condition == "running"
        assert client.job(job).commands == {"abc"}
        assert (tmp_path / "one" / "queue" / f"job-{job}").exists()
        assert await process.stop() == 0


async def test_users_come_from_a_file_and_count_at_once(tmp_path):
    async with started(tmp_path / "one") as process:
        order = RapiRequest(method="PUT", path="/2/instances/web1/startup", body=b"{}", timeout=10.0)
        assert process.transport("writer", "wrong").send(INFO).status == 401
        assert process.transport("nobody", "pw-w").send(INFO).status == 401
        assert process.transport("reader", "pw-r").send(INFO).status == 200
        assert process.transport("reader", "pw-r").send(order).status == 403
        assert process.transport().send(order).status == 200
        process.users.write_text("writer other write\n")
        assert process.transport().send(INFO).status == 401
        with pytest.raises(Rejected):
            process.client().info()


async def test_killed_at_any_moment_it_comes_back_with_everything_and_jobs_go_on(tmp_path):
    folder = tmp_path / "one"
    async with started(folder, "--speed", "4") as process:
        client = process.client()
        first = client.create_instance(spec("web1"), reason="r")
        assert await ended(client, first) == "success"
        second = client.create_instance(spec("web2"), reason="r")
        third = client.create_instance(spec("web3"), reason="r", depends=[second])
        await process.stop(signal.SIGKILL)
        uuid = process.cluster
    async with started(folder, "--speed", "50") as process:
        client = process.client()
        assert process.cluster == uuid
        assert client.job(first).status == "success"
        assert [await ended(client, job) for job in (second, third)] == ["success", "success"]
        assert client.instance_names() == ("web1", "web2", "web3")
        assert client.startup("web1", reason="r") == third + 1


async def test_jobs_may_have_died_with_the_machine(tmp_path):
    folder = tmp_path / "one"
    async with started(folder, "--speed", "0.1") as process:
        job = process.client().create_instance(spec("web1"), reason="r")
        await process.stop(signal.SIGKILL)
    async with started(folder, "--kill-jobs") as process:
        assert await ended(process.client(), job) == "error"


async def test_its_certificate_stays_the_same_and_its_key_is_private(tmp_path):
    async with started(tmp_path / "one") as process:
        before = process.shown()
        for name in ("rapi.pem", "rapi.key"):
            assert stat.S_IMODE((tmp_path / "one" / name).stat().st_mode) == 0o600
        await process.stop()
    async with started(tmp_path / "one") as process:
        assert process.shown() == before
        stranger, _ = context(tmp_path)
        assert stranger
        with pytest.raises(NotSent):
            RequestsTransport(process.url, "writer", "pw-w", ca_file=str(tmp_path / "rapi.pem")).send(INFO)


async def test_planned_misfortunes_happen_on_the_wire(tmp_path):
    async with started(tmp_path / "one", "--faults", "refuse=1", "--seed", "7") as process:
        with pytest.raises(Transient):
            process.client().info()
    async with started(tmp_path / "two", "--faults", "cut=1") as process:
        order = RapiRequest(method="PUT", path="/2/instances/web1/startup", body=b"{}", timeout=10.0)
        with pytest.raises(ReplyLost):
            process.transport().send(order)
    async with started(tmp_path / "two") as process:
        assert process.client().job_ids() == (1,)


async def test_hooks_of_a_directory_are_run(tmp_path):
    folder = tmp_path / "hooks" / "instance-add-post.d"
    folder.mkdir(parents=True)
    (folder / "50-note").write_text('#!/bin/sh\necho "$GANETI_INSTANCE_NAME $WHERE" >> ' + f"{tmp_path}/out\n")
    (folder / "50-note").chmod(0o755)
    arguments = ("--hooks-dir", folder.parent, "--hook-env", "WHERE=here", "--speed", "50")
    async with started(tmp_path / "one", *arguments) as process:
        client = process.client()
        assert await ended(client, client.create_instance(spec("web1"), reason="r")) == "success"
    assert (tmp_path / "out").read_text() == "web1 here\n"


async def test_waiting_for_a_job_is_held_until_something_changes(tmp_path):
    async with started(tmp_path / "one", "--speed", "5") as process:
        job = process.client().create_instance(spec("web1"), reason="r")
        body = b'{"fields": ["status"], "previous_job_info": ["queued"], "previous_log_serial": null}'
        wait = RapiRequest(method="GET", path=f"/2/jobs/{job}/wait", body=body, timeout=20.0)
        answer = await asyncio.to_thread(process.transport().send, wait)
        assert answer.status == 200
        assert b"queued" not in answer.body


RUBBISH = {
    b"\r\n\r\n": 400,
    b"nonsense\r\n\r\n": 400,
    b"GET /2/info\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n": 400,
    b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n": 400,
    b"PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n": 400,
    b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n\r\n": 401,
    b"GET / HTTP/1.1\r\nAuthorization: Basic !!!\r\n\r\n": 401,
    b"GET / HTTP/1.1\r\nAuthorization: Basic /////w==\r\n\r\n": 401,
}
ENDS_EARLY = [b"", b"GET /2/info HT", b"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"]


async def test_rubbish_is_answered_and_does_no_harm(tmp_path):
    async with started(tmp_path / "one") as process:
        for raw, status in RUBBISH.items():
            answer = await asyncio.to_thread(_sent, process.url, raw)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode()), raw[:60]
        for raw in ENDS_EARLY:
            await asyncio.to_thread(_sent, process.url, raw, leave=True)
        await asyncio.to_thread(_sent, process.url, b"GET " + b"x" * 200_000)
        assert process.client().info().uuid == process.cluster


def _sent(url, raw, *, leave=False):
    """Write bytes over TLS and read to the end, or leave at once."""
    host, port = url.removeprefix("https://").split(":")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    found = b""
    with (
        socket.create_connection((host, int(port)), 10) as plain,
        trusting.wrap_socket(plain) as connection,
        suppress(OSError),
    ):
        connection.sendall(raw)
        while not leave and (part := connection.recv(65536)):
            found += part
    return found


async def test_a_second_one_in_the_same_directory_is_refused(tmp_path, capsys):
    async with started(tmp_path / "one"):
        assert main(["--dir", str(tmp_path / "one")]) == 1
    assert capsys.readouterr().err == f"ganeti.simulator: {tmp_path / 'one'} is in use by another simulator.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--faults", "fail=2"),
        ("--faults", "nonsense=0.5"),
        ("--faults", "fail"),
        ("--network", "net1"),
        ("--network", "net1=10.0.0.0/99"),
        ("--network", "net1=10.0.0.0/24,gateway"),
        ("--speed", "0"),
        ("--port", "99999"),
        ("--port", "https"),
    ],
)
def test_an_option_that_makes_no_sense_is_named_and_nothing_is_made(tmp_path, capsys, arguments):
    try:
        code = main(["--dir", str(tmp_path / "one"), *arguments])
    except SystemExit as error:
        code = error.code
    assert code in {1, 2}
    assert arguments[0] in capsys.readouterr().err
    assert not (tmp_path / "one").exists()


def test_the_first_user_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "users"
    first_user(path)
    before = path.read_text()
    first_user(path)
    assert path.read_text() == before
    assert re.fullmatch(r"synnefo \S{20,} write\n", before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_file_nobody_may(tmp_path):
    assert Users(tmp_path / "users").may_write("Basic d3JpdGVyOnB3") is None
