"""The embedded cloud, started as a newcomer starts it and used with the real client."""

import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus

from synnefo.standalone.screens import COLOURS, HEIGHT, WIDTH
from synnefo.testing.browser import browser, painted
from synnefo.testing.embedded import ROOT, EmbeddedCloud
from synnefo.testing.packages import require
from synnefo.testing.processes import spare_port, until
from synnefo.testing.road import OpenStack, shelve, walk
from synnefo.testing.viewers import look

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cloud():
    require("novnc")
    with EmbeddedCloud() as cloud:
        yield cloud


@pytest.fixture
def openstack(cloud):
    return OpenStack(cloud.clouds)


def test_the_first_start_says_how_to_use_it_and_keeps_the_password_private(cloud):
    said = cloud.log.read_text()
    assert f"Synnefo is ready at {cloud.url}" in said
    assert "openstack --os-cloud synnefo server create" in said
    for name in ("clouds.yaml", "credentials.json"):
        assert stat.S_IMODE((cloud.var / name).stat().st_mode) == 0o600


def test_three_sample_servers_are_there(openstack):
    assert {row["Name"] for row in openstack.json("server", "list")} == {"web-1", "db-1", "worker-1"}


def test_what_was_done_to_a_sample_server_is_told(openstack):
    (event,) = openstack.json("server", "event", "list", "web-1")
    assert event["Action"] == "create"
    assert openstack.json("server", "event", "show", "web-1", event["Request ID"])["action"] == "create"


def test_the_screen_of_a_server_is_shown_once_and_by_nobodys_log(cloud, openstack):
    openstack.reaches("web-1", "ACTIVE")
    url = openstack.json("console", "url", "show", "--novnc", "web-1")["url"]
    assert look(url) == (WIDTH, HEIGHT, "snf-1")
    with pytest.raises(InvalidStatus, match="403"):
        look(url)
    logged = "".join(file.read_text() for file in (cloud.var / "log").iterdir())
    assert "console.opened" in logged
    assert url.partition("#")[2] not in logged + cloud.log.read_text()


def test_a_browser_shows_it_keeps_no_ticket_and_says_when_an_address_is_used_up(openstack):
    openstack.reaches("web-1", "ACTIVE")
    url = openstack.json("console", "url", "show", "--novnc", "web-1")["url"]
    with browser() as page:
        page.get(url)
        until(lambda: painted(page) == (WIDTH, HEIGHT, len(COLOURS)), within=30, what="the bars")
        assert (page.title, page.current_url) == ("snf-1", url.partition("#")[0])
        page.get("about:blank")
        page.get(url)
        until(lambda: "used up" in page.find_element("id", "status").text, within=30, what="the refusal")
        blamed = [line for line in page.get_log("browser") if "Content Security Policy" in line["message"]]
    assert blamed == []


def test_what_a_console_is_not_is_said_in_words(openstack):
    assert "Unavailable console type" in openstack.run("console", "url", "show", "--spice", "web-1", complain=False)


def test_what_a_guest_has_said_is_shown_from_its_end(openstack):
    openstack.reaches("web-1", "ACTIVE")
    said = openstack.run("console", "log", "show", "web-1")
    assert "Linux version" in said
    assert openstack.run("console", "log", "show", "--lines", "1", "web-1").strip() == said.splitlines()[-1].strip()


def test_a_server_walks_the_whole_road(openstack):
    walk(openstack)


def test_security_groups_are_used_as_their_page_says(openstack):
    page = (ROOT / "docs" / "howto" / "security-groups.md").read_text()
    making, ending = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    # Given a group with rules of every kind, and a server in it, as the page says
    follow(openstack, making)
    groups = {row["Name"]: row["ID"] for row in openstack.json("security", "group", "list")}
    assert groups.keys() == {"default", "web"}
    told = openstack.json("security", "group", "rule", "list", "web", "--ingress")
    assert {row["Port Range"] for row in told} == {"22:22", "443:443", "9100:9100", ""}
    (friends,) = [row for row in told if row["Remote Security Group"]]
    assert friends["Remote Security Group"] == groups["default"]
    assert openstack.json("server", "show", "pages")["security_groups"] == [{"name": "default"}, {"name": "web"}]
    (port,) = openstack.json("port", "list", "--server", "pages", "--security-group", groups["web"])
    assert openstack.json("port", "show", port["ID"])["port_security_enabled"] is True
    # Then the same rule is refused, and so is the end of a group in use and of the default one
    again = ("security", "group", "rule", "create", "web", "--protocol", "icmp")
    assert "already such a rule" in openstack.run(*again, complain=False)
    for group, why in (("web", "in use"), ("default", "cannot be deleted")):
        assert why in openstack.run("security", "group", "delete", group, complain=False)
    # And after its servers the group goes; a port leaves its groups, but on a network of all it is not to be open
    follow(openstack, ending)
    opened = ("port", "set", "--no-security-group", "--disable-port-security", port["ID"])
    assert "port_security_enabled" in openstack.run(*opened, complain=False)
    openstack.run("port", "set", "--no-security-group", port["ID"])
    openstack.run("port", "set", "--security-group", "default", port["ID"])
    openstack.run("server", "delete", "--wait", "pages")


def follow(openstack, block):
    """Run what a page says."""
    for line in block.splitlines():
        openstack.run(*shlex.split(line)[1:])


def test_a_volume_goes_from_server_to_server(openstack):
    shelve(openstack, "web-1", "db-1")


def test_killed_in_the_middle_of_a_build_the_next_start_finishes_it(cloud, openstack):
    # Given a server that is being built, when the whole process is killed
    openstack.run("server", "create", "--flavor", "m1.small", "--image", "debian-12", "survivor")
    cloud.daemon.kill()
    # Then after the next start it is there, and it is built
    cloud.start()
    openstack.reaches("survivor", "ACTIVE")
    # And nothing was told before somebody listened
    assert "no queue is bound" not in "".join(file.read_text() for file in (cloud.var / "log").iterdir())


def test_a_body_far_too_large_is_refused_in_words_to_a_client_that_sends_it_all_first(cloud):
    wanted = urllib.request.Request(f"{cloud.url}/identity/v3/auth/tokens", data=b"x" * 20_000_000, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(wanted, timeout=60)
    refused.value.close()
    assert refused.value.code == 413


def test_ctrl_c_answers_a_request_half_sent_and_logs_no_traceback(cloud):
    # Given a client that has sent a part of its body, which the API waits for
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as client:
        head = (
            "POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{"
        )
        client.sendall(head.encode())
        assert b"100 Continue" in client.recv(1000)
        before = cloud.log.stat().st_size
        # When Ctrl-C is pressed
        assert cloud.daemon.stop(by=signal.SIGINT, within=10.0) == 0
        # Then it is told, and nothing went wrong
        assert b" 503 " in client.recv(10_000)
    said = cloud.log.read_bytes()[before:].decode()
    assert said.splitlines()[-1] == "Stopped."
    logged = "".join(file.read_text() for file in (cloud.var / "log").iterdir())
    assert not any(word in said + logged for word in ("Traceback", "Exception in", "timeout graceful"))
    cloud.start()


def test_ctrl_c_stops_it_cleanly_and_a_second_start_finds_everything(cloud, openstack):
    before = {row["ID"]: row["Name"] for row in openstack.json("server", "list")}
    assert cloud.daemon.stop(within=10.0) == 0
    cloud.start()
    until(lambda: len(openstack.json("server", "list")) == len(before), within=30, what="the servers")
    assert {row["ID"]: row["Name"] for row in openstack.json("server", "list")} == before


@pytest.mark.parametrize(
    ("var", "port", "advice"), [("its own", "taken", "PORT="), ("taken", "its own", "SYNNEFO_VAR=")]
)
def test_a_second_cloud_in_the_same_place_is_refused_and_disturbs_nothing(
    cloud, openstack, tmp_path, var, port, advice
):
    before = cloud.clouds.read_text()
    done = subprocess.run(
        [sys.executable, "manage.py", "standalone", "--port", str(cloud.port if port == "taken" else spare_port())],
        cwd=ROOT,
        env={
            "SYNNEFO_VAR": str(cloud.var if var == "taken" else tmp_path),
            "SYNNEFO_SETTINGS_DIR": "",
            "PATH": "/usr/bin",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert advice in done.stderr
    assert "Traceback" not in done.stderr
    assert cloud.clouds.read_text() == before
    assert openstack.json("server", "list")
