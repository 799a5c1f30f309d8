"""Whoever asks a node: users who may write are told one guest's log, others nothing, and nobody keeps it from others."""

import asyncio
import base64
import contextlib
import hashlib
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from ganeti.consolelog import serving
from ganeti.consolelog.files import Logs
from ganeti.consolelog.serving import Server
from ganeti.simulator import certificate
from ganeti.users import REALM, Users
from logic.testing.supervising import Listener

UUID = "1867c5f0-f087-41bb-99e2-2d3ed2dbe529"
PROGRAM = Path(__file__).parents[3] / "contrib" / "ganeti-hooks" / "snf-console-log"
HASHED = hashlib.md5(f"hashed:{REALM}:secret".encode()).hexdigest()
USERS = f"""# user password rights

synnefo secret write
plain {{cleartext}}secret write
reader secret read
hashed {{HA1}}{HASHED} write
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "users").write_text(USERS)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"{UUID}.snf-1.log").write_bytes(b"one\ntwo\nthree\n")
    (tmp_path / "secret").write_text("topsecret")
    return tmp_path


@pytest.fixture
def context(place):
    return certificate.context(place)[0]


@pytest.fixture
async def port(place, context):
    server = await Server(Logs(place / "logs").tail, Users(place / "users")).start("127.0.0.1", 0, context)
    yield server.sockets[0].getsockname()[1]
    server.close()


def trusting():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


async def sent(port, raw):
    """All that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting())
    writer.write(raw)
    async with asyncio.timeout(20):
        answer = b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            answer = await reader.read()
    writer.transport.abort()
    return answer


async def asked(port, path, user="synnefo:secret", method="GET"):
    """Status and body."""
    authorization = f"Authorization: Basic {base64.b64encode(user.encode()).decode()}\r\n" if user else ""
    answer = await sent(port, f"{method} {path} HTTP/1.1\r\nHost: x\r\n{authorization}\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("user", ["synnefo:secret", "plain:secret", "hashed:secret"])
async def test_a_user_who_may_write_is_told_the_last_lines(port, user):
    assert await asked(port, f"/logs/{UUID}?lines=2", user) == (200, b"two\nthree\n")
    assert await asked(port, f"/logs/{UUID}", user) == (200, b"one\ntwo\nthree\n")
    assert await asked(port, f"/logs/{UUID}?lines=-1", user) == (200, b"one\ntwo\nthree\n")


async def test_it_says_whose_guests_stand_still_to_who_may_write_alone(place, context):
    logs = Logs(place / "logs")
    (place / "logs" / f"{UUID}.snf-1.state").write_text(
        "runstate_set current_run_state 9 (running) new_state 4 (paused)\n"
    )
    server = await Server(logs.tail, Users(place / "users"), logs.paused).start("127.0.0.1", 0, context)
    port = server.sockets[0].getsockname()[1]
    told = [await asked(port, "/paused", user) for user in ("synnefo:secret", "reader:secret", "")]
    assert told == [(200, f"{UUID}\n".encode()), (403, b""), (401, b"")]
    assert (await asked(port, "/paused", method="POST"))[0] == 404
    server.close()


@pytest.mark.parametrize(
    "user", ["", "synnefo:another", "synnefo:", "nobody:secret", "reader:another", f"hashed:{HASHED}", "secret"]
)
async def test_others_are_told_nothing_not_even_what_there_is(port, user):
    there = await asked(port, f"/logs/{UUID}", user)
    assert there == (401, b"")
    assert there == await asked(port, "/logs/none", user)


async def test_who_may_only_read_is_not_told_what_tenants_see(port):
    assert await asked(port, f"/logs/{UUID}", "reader:secret") == (403, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/logs", "/logs/", "/logs/../secret", "/logs/..%2fsecret", f"/logs/{UUID}/../../secret", f"/logs/{UUID}.snf-1.log",
        f"/logs/{UUID.upper()}", f"/logs/{UUID}%00", "/logs/*", f"/logs/{UUID[:-1]}?", f"//logs/{UUID}", f"/logs/{UUID}/",
        "/secret", "http://[/",
    ],
)  # fmt: skip
async def test_nothing_but_logs_can_be_named(port, path):
    status, body = await asked(port, path)
    assert (status in {400, 404}, body) == (True, b"")


@pytest.mark.parametrize("lines", ["-2", "many", "1.5", "9" * 10, "%31%30x", "--1", "٣"])
async def test_a_number_of_lines_that_is_none_is_a_bad_request(port, lines):
    assert await asked(port, f"/logs/{UUID}?lines={lines}".encode("utf-8", "replace").decode("latin-1")) == (400, b"")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "HEAD"])
async def test_nothing_can_be_changed(port, method):
    assert (await asked(port, f"/logs/{UUID}", method=method))[0] == 405


@pytest.mark.parametrize("raw", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET /logs/x FTP/1.1\r\n\r\n", b"\xff\xfe\xfd\r\n\r\n"])
async def test_what_is_no_request_is_a_bad_one(port, raw):
    assert (await sent(port, raw)).startswith(b"HTTP/1.1 400 ")


async def test_a_request_that_does_not_end_is_not_kept(port):
    assert await sent(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * serving.LONGEST) == b""


async def test_who_says_nothing_is_hung_up_on(port, monkeypatch):
    monkeypatch.setattr(serving, "PATIENCE", 0.05)
    assert await sent(port, b"GET / ") == b""


async def test_the_many_do_not_keep_the_next_out_for_ever(port, monkeypatch):
    monkeypatch.setattr(serving, "MOST", 2)
    held = [await asyncio.open_connection("127.0.0.1", port, ssl=trusting()) for _ in range(2)]
    assert await sent(port, b"GET /health HTTP/1.1\r\n\r\n") == b""
    for _, writer in held:
        writer.transport.abort()
    async with asyncio.timeout(20):
        while not await sent(port, b"GET /health HTTP/1.1\r\n\r\n"):
            pass


async def test_everybody_may_ask_how_it_is(port):
    await asked(port, f"/logs/{UUID}", "")
    assert await asked(port, "/health", "") == (200, b"")
    status, body = await asked(port, "/metrics", "")
    assert status == 200
    assert 'synnefo_console_log_requests_total{status="401"} 1' in body.decode().splitlines()


def test_the_program_needs_nothing_but_python_and_cuts_what_grows(place, context):
    log = place / "logs" / f"{UUID}.snf-1.log"
    log.write_bytes(b"x" * 4 * 2**20)
    pem = place / "both.pem"
    pem.write_text((place / "rapi.key").read_text() + (place / "rapi.pem").read_text())
    words = [
        "--logs",
        place / "logs",
        "--certificate",
        pem,
        "--users-file",
        place / "users",
        "--address",
        "127.0.0.1",
        "--port",
        "0",
    ]
    with Listener(place / "notify") as listener:
        program = subprocess.Popen(["/usr/bin/python3", "-IS", PROGRAM, *words], env=listener.environment)
        try:
            while not listener.has("READY=1"):
                assert program.poll() is None
            assert log.stat().st_blocks * 512 < 2 * 2**20
            program.send_signal(signal.SIGTERM)
            assert program.wait(20) == 0
            assert listener.has("STOPPING=1")
        finally:
            program.kill()


def test_a_program_that_cannot_begin_says_why(place):
    words = ["--logs", place, "--certificate", place / "none", "--users-file", place / "users"]
    done = subprocess.run([sys.executable, PROGRAM, *words], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, "No such file" in done.stderr) == (1, True)
