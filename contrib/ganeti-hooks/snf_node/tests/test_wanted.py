"""What the cloud wants of an interface is set on its node: at once, whole, and for as long as nobody says otherwise."""

import hashlib
import http.server
import json
import ssl
import subprocess
import threading
from contextlib import contextmanager

import pytest

from snf_node.errors import Failed
from snf_node.tests import frames
from snf_node.tests.namespaces import LAUNCHER, OTHER, bridged, inside
from snf_node.tests.test_firewall import OUT, SSH, asked
from snf_node.wanted.asking import Apis
from synnefo.testing.certificates import Authority
from synnefo.testing.processes import until

KEY = "a node key"
PREFIX = "snf-nic-"
CLOSED = {"answer", "pong", "error"}


def text(*rules):
    return json.dumps({"version": 1, "rules": list(rules)})


class Api:
    """Answers as ours does, with ``wanted`` by name. ``questions`` are what it was asked, ``keys`` by whom."""

    def __init__(self):
        self.wanted, self.questions, self.keys, self.answer = {}, [], [], None

    def answered(self, headers, body):
        self.keys.append(headers["Authorization"])
        self.questions.append(json.loads(body)["interfaces"])
        if self.answer:
            return self.answer
        digests = {name: hashlib.sha256(one.encode()).hexdigest() for name, one in self.wanted.items()}
        new = {
            name: self.wanted[name]
            for name, known in self.questions[-1].items()
            if name in self.wanted and digests[name] != known
        }
        return 200, json.dumps({"prefix": PREFIX, "interfaces": new})

    @contextmanager
    def serving(self, address=("127.0.0.1", 0), chain=None, tmp_path=None):
        """Its port."""
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                status, body = api.answered(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(address, Handler)
        if chain:
            (tmp_path / "both.pem").write_bytes(chain.certificate + chain.key)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(tmp_path / "both.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "node-key"
    file.write_text(f"{KEY}\n")
    return file


@pytest.fixture
def api():
    return Api()


class Following:
    """The agent on a node, as its unit starts it."""

    def __init__(self, node, key):
        self._node, self._key, self._process = node, key, None

    def start(self, *urls):
        words = [str(LAUNCHER.parent / "snf-interfaces"), "--apis", ",".join(urls), "--key-file", str(self._key)]
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", self._node.name, *words, "--plain", "yes"],
            env=self._node.environment({}), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert "following" in self._process.stderr.readline()

    def stop(self):
        """What it has said. It ends when it is told to."""
        self._process.terminate()
        said = self._process.communicate(timeout=20)[1]
        assert self._process.returncode == 0
        self._process = None
        return said

    def close(self):
        if self._process:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def following(node, key):
    made = Following(node, key)
    yield made
    made.close()


class Guest:
    def __init__(self, node, tap):
        self.far, self.near = node.cable("up0"), node.tap(tap)

    def reached(self):
        given = asked()
        self.far.send(*given.values(), frames.arp(b"the end", source=OTHER))
        came = self.near.until(b"the end")
        return {name for name, frame in given.items() if frame in came}

    def is_reached_by(self, *words):
        until(lambda: self.reached() == {*words}, within=20.0, what=f"only {words} to reach the guest")


@pytest.fixture
def guest(node):
    return Guest(node, "tap0")


@contextmanager
def serving_on(node, api, port=0):
    """The API, inside the node's namespace."""
    with inside(node.name):
        serving = api.serving(("127.0.0.1", port))
        bound = serving.__enter__()  # the socket is the namespace's from here on
    try:
        yield bound
    finally:
        serving.__exit__(None, None, None)


@pytest.mark.servers
def test_what_is_wanted_of_an_interface_is_set_and_so_is_each_change(node, guest, api, following):
    api.wanted["snf-nic-1"] = text(SSH, OUT)
    with serving_on(node, api) as port:
        following.start(f"http://127.0.0.1:{port}")
        node.brought_up(bridged())
        guest.is_reached_by("ssh", *CLOSED)

        api.wanted["snf-nic-1"] = text(OUT)
        guest.is_reached_by(*CLOSED)

        api.wanted["snf-nic-1"] = json.dumps({"version": 1, "rules": None})
        guest.is_reached_by(*asked())
        assert following.stop() == ""
    assert set(api.keys) == {f"Bearer {KEY}"}


@pytest.mark.servers
def test_an_interface_of_which_nothing_is_known_yet_is_closed_once_somebody_keeps_them(node, guest, api, following):
    with serving_on(node, api) as port:
        following.start(f"http://127.0.0.1:{port}")
        until((node.places.rules / ".kept").exists, within=20.0, what="the first answer")
        node.brought_up(bridged())
        assert guest.reached() == CLOSED
        node.brought_up(bridged(INTERFACE_NAME="of-somebody-else"))
        assert guest.reached() == {*asked()}


@pytest.mark.servers
def test_what_is_known_holds_while_no_api_answers_and_is_asked_anew_when_one_does(node, guest, api, following):
    api.wanted["snf-nic-1"] = text(SSH, OUT)
    with serving_on(node, api) as port:
        following.start("http://127.0.0.1:9", f"http://127.0.0.1:{port}")
        node.brought_up(bridged())
        guest.is_reached_by("ssh", *CLOSED)
    api.wanted["snf-nic-1"] = text(OUT)
    node.brought_up(bridged())
    assert guest.reached() == {"ssh", *CLOSED}
    with serving_on(node, api, port):
        node.brought_up(bridged())  # it asks at once when a tap comes up, however seldom it asks by now
        guest.is_reached_by(*CLOSED)
    said = following.stop()
    assert [one for one in ("nothing new is known", "answers again", KEY) if one in said] == [
        "nothing new is known",
        "answers again",
    ]


@pytest.mark.servers
def test_one_that_was_killed_between_writing_and_setting_sets_it_at_its_next_start(node, guest, api, following):
    api.wanted["snf-nic-1"] = text(SSH, OUT)
    node.brought_up(bridged())
    node.places.rules.mkdir(parents=True)
    (node.places.rules / "snf-nic-1.json").write_text(text(SSH, OUT))
    assert guest.reached() == {*asked()}
    with serving_on(node, api) as port:
        following.start(f"http://127.0.0.1:{port}")
        guest.is_reached_by("ssh", *CLOSED)
    assert api.questions[0] == {"snf-nic-1": hashlib.sha256(text(SSH, OUT).encode()).hexdigest()}


@pytest.mark.servers
def test_what_is_not_understood_changes_nothing_and_is_said_once_a_question(node, guest, api, following):
    api.wanted["snf-nic-1"] = text(SSH, OUT)
    with serving_on(node, api) as port:
        following.start(f"http://127.0.0.1:{port}")
        node.brought_up(bridged())
        guest.is_reached_by("ssh", *CLOSED)
        asked_before = len(api.questions)
        api.wanted["snf-nic-1"] = text({"direction": "sideways"})
        until(lambda: len(api.questions) > asked_before + 1, within=20.0, what="two more questions")
        assert guest.reached() == {"ssh", *CLOSED}
        assert "rule 0 is not as it should be" in following.stop()


@pytest.mark.servers
def test_a_spoilt_word_of_what_is_kept_is_written_anew(node, api, following):
    kept = node.places.rules / ".kept"
    kept.parent.mkdir(parents=True)
    kept.write_text("")
    with serving_on(node, api) as port:
        following.start(f"http://127.0.0.1:{port}")
        until(lambda: kept.read_text() == '{"prefix": "snf-nic-"}\n', within=20.0, what="the word")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, "{}"),
        (500, "{}"),
        (302, "https://127.0.0.1:9/"),
        (200, "no JSON"),
        (200, "[]"),
        (200, '{"interfaces": {}}'),
        (200, '{"prefix": "", "interfaces": {}}'),
        (200, '{"prefix": "snf-nic-", "interfaces": []}'),
        (200, '{"prefix": "snf-nic-", "interfaces": {"snf-nic-1": {}}}'),
        (200, '{"prefix": "snf-nic-", "interfaces": {"../../etc/passwd": "x"}}'),
    ],
)
def test_an_answer_that_is_none_is_told_with_who_gave_it(api, key, status, body):
    api.answer = status, body
    with api.serving() as port:
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(Failed, match=f"^{url}: ."):
            Apis([url], key, plain=True).ask({"snf-nic-1": ""})


def test_an_api_is_trusted_by_its_certificate_alone(api, key, tmp_path):
    authority, stranger = Authority(), Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "other.pem").write_bytes(stranger.pem)
    with api.serving(chain=authority.certificate_for("127.0.0.1"), tmp_path=tmp_path) as port:
        url = f"https://127.0.0.1:{port}/"
        assert Apis([url], key, str(tmp_path / "ca.pem")).ask({}).prefix == PREFIX
        with pytest.raises(Failed, match="CERTIFICATE_VERIFY_FAILED"):
            Apis([url], key, str(tmp_path / "other.pem")).ask({})
    assert len(api.keys) == 1


@pytest.mark.parametrize(
    "urls", [[], ["http://cloud.example.org"], ["cloud.example.org"], ["https://u:p@cloud.example.org"]]
)
def test_an_address_that_is_no_api_s_is_refused(key, urls):
    with pytest.raises(ValueError, match=r"API") as refused:
        Apis(urls, key)
    assert "u:p" not in str(refused.value)


def test_many_interfaces_are_asked_about_in_several_questions(api, key):
    names = [f"snf-nic-{number}" for number in range(501)]
    api.wanted = {name: text(SSH) for name in names}
    with api.serving() as port:
        answer = Apis([f"http://127.0.0.1:{port}"], key, plain=True).ask(dict.fromkeys(names, ""))
    assert set(answer.texts) == set(names)
    assert len(api.questions) == 2
