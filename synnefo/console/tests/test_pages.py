"""The page of consoles: what a browser gets, and what it may do with it."""

import re

import pytest

from synnefo.console import novnc


@pytest.fixture(autouse=True)
def installed(tmp_path, settings):
    """noVNC as its package installs it, with its own application and a secret beside it."""
    for name in ("core/rfb.js", "vendor/pako/lib/zlib/inflate.js", "app/ui.js", "core/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"// {name}")
    settings.NOVNC_DIR = str(tmp_path)
    return tmp_path


def test_the_page_comes_with_its_script_and_its_style(api):
    page = api.get("/console/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for name in ("/console/console.js", "/console/console.css"):
        assert name.encode() in page.body
        assert api.get(name).status == 200


def test_it_may_load_and_reach_nothing_but_us_and_nobody_frames_it(api):
    headers = api.get("/console/").headers
    policy = dict(one.strip().partition(" ")[::2] for one in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://cloud.example wss://cloud.example"
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_no_script_stands_in_the_page_itself(api):
    body = api.get("/console/").body.decode()
    assert body.count("<script") == body.count('<script type="module" src="/console/console.js">') == 1
    assert not re.search(r"\bon\w+=|javascript:|style=", body)


def test_what_a_guest_says_is_text_and_never_markup(api):
    script = api.get("/console/console.js").body
    assert b"innerHTML" not in script
    assert b"document.write" not in script


def test_a_host_that_is_none_gets_into_no_policy(api):
    reply = api.get("/console/", headers={"host": "a; script-src *"})
    assert reply.headers["content-security-policy"].count("script-src") == 1


@pytest.mark.parametrize("name", ["core/rfb.js", "vendor/pako/lib/zlib/inflate.js"])
def test_novnc_is_handed_on(api, name):
    reply = api.get(f"/console/novnc/{name}")
    assert (reply.status, reply.body.decode()) == (200, f"// {name}")
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "novnc/app/ui.js",
        "novnc/core/notes.txt",
        "novnc/../../../etc/passwd",
        "novnc/core/../../page",
        "novnc//etc/passwd",
        "novnc/core/rfb.js/",
        "nothing.js",
        "..",
        "__init__.py",
    ],
)
def test_nothing_else_of_the_disk_is(api, path):
    assert api.get(f"/console/{path}").status == 404


def test_the_page_is_only_read(api):
    assert api.post("/console/").status == 405
    assert api.request("HEAD", "/console/").body == b""


def test_it_is_known_whether_novnc_is_there(settings, installed):
    assert novnc.is_there()
    settings.NOVNC_DIR = str(installed / "elsewhere")
    assert not novnc.is_there()
