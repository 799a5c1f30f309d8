"""TLS is verified, nothing is sent to a stranger, and a failed call says whether it may have arrived."""

import datetime
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ganeti.https import RequestsTransport
from ganeti.transport import NotSent, RapiRequest, ReplyLost
from logic import permits
from logic.errors import Transient

PASSWORD = "not-to-be-seen-anywhere"
INFO = RapiRequest(method="GET", path="/2/info", timeout=5.0)


def certificate(folder, name, *, host="127.0.0.1", authority=False):
    """A self-signed certificate and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ganeti.example.com")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=365))
        .not_valid_after(now + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.crt", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


@contextmanager
def served(files, handle):
    """An HTTPS server on a free port; yields its URL and the requests it saw."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.command, self.path, self.headers.get("Authorization")))
            handle(self)

        do_PUT = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(handler, status=200, body=b'{"uuid": "u"}'):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_the_clusters_own_certificate_is_pinned_whatever_name_it_bears(tmp_path):
    files = certificate(tmp_path, "rapi", host="192.0.2.1")
    with served(files, answer) as (url, seen):
        response = RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0])).send(INFO)
    assert (response.status, response.body) == (200, b'{"uuid": "u"}')
    assert seen[0][:2] == ("GET", "/2/info")
    assert seen[0][2].startswith("Basic ")


def test_an_authority_is_trusted_for_the_right_host(tmp_path):
    files = certificate(tmp_path, "ca", authority=True)
    with served(files, answer) as (url, _):
        assert RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0])).send(INFO).status == 200


@pytest.mark.parametrize(("named", "trusted"), [("192.0.2.1", True), ("192.0.2.2", False), ("", False)])
def test_a_node_shows_the_certificate_of_its_cluster_by_the_clusters_name(tmp_path, named, trusted):
    files = certificate(tmp_path, "ca", host="192.0.2.1", authority=True)
    with served(files, answer) as (url, seen):
        transport = RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0]), named=named)
        if trusted:
            assert transport.send(INFO).status == 200
        else:
            with pytest.raises(NotSent):
                transport.send(INFO)
    assert len(seen) == trusted


@pytest.mark.parametrize("trusted", ["another pin", "another authority", "an authority for another host", "nobody"])
def test_a_stranger_gets_neither_password_nor_request(tmp_path, trusted):
    server = certificate(tmp_path, "server", host="192.0.2.1", authority=True)
    other = {
        "another pin": certificate(tmp_path, "pin")[0],
        "another authority": certificate(tmp_path, "authority", authority=True)[0],
        "an authority for another host": server[0],
        "nobody": "",
    }[trusted]
    with served(server, answer) as (url, seen), pytest.raises(NotSent) as caught:
        RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(other)).send(INFO)
    assert seen == []
    assert PASSWORD not in str(caught.value)


def test_insecure_has_to_be_said(tmp_path):
    files = certificate(tmp_path, "any", host="192.0.2.1")
    with served(files, answer) as (url, _):
        assert RequestsTransport(url, "synnefo", PASSWORD, insecure=True).send(INFO).status == 200


def test_a_refused_connection_was_not_sent():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(NotSent):
            RequestsTransport(url, "synnefo", PASSWORD, insecure=True).send(INFO)


def hang_up(handler):
    handler.connection.close()


def half(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"uuid"')
    handler.wfile.flush()
    handler.close_connection = True


@pytest.mark.parametrize("behaviour", [hang_up, half])
def test_a_cut_reply_may_have_arrived(tmp_path, behaviour):
    files = certificate(tmp_path, "rapi")
    with served(files, behaviour) as (url, seen), pytest.raises(ReplyLost) as caught:
        RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0])).send(
            RapiRequest(method="PUT", path="/2/instances/snf-7/startup", body=b"{}", timeout=5.0)
        )
    assert len(seen) == 1
    assert PASSWORD not in str(caught.value)


def test_no_answer_in_time_may_have_arrived(tmp_path):
    files = certificate(tmp_path, "rapi")
    enough = threading.Event()
    with served(files, lambda handler: (enough.wait(10), answer(handler))) as (url, seen):
        with pytest.raises(ReplyLost):
            RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0])).send(
                RapiRequest(method="GET", path="/2/info", timeout=0.2)
            )
        enough.set()
    assert len(seen) == 1


def test_what_may_no_longer_be_sent_when_the_connection_is_there_is_not_sent(tmp_path):
    files = certificate(tmp_path, "rapi")
    with served(files, answer) as (url, seen):
        transport = RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0]))
        with permits.under(lambda: False), pytest.raises(Transient):
            transport.send(INFO)
        assert seen == []
        with permits.under(lambda: True):
            assert transport.send(INFO).status == 200


def test_a_redirect_is_an_answer_and_takes_the_password_nowhere(tmp_path):
    files = certificate(tmp_path, "rapi")

    def elsewhere(handler):
        handler.send_response(302)
        handler.send_header("Location", "/else")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with served(files, elsewhere) as (url, seen):
        assert RequestsTransport(url, "synnefo", PASSWORD, ca_file=str(files[0])).send(INFO).status == 302
    assert len(seen) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5080", "https://user:secret@host:5080", "127.0.0.1:5080", "https://"]
)
def test_an_endpoint_that_is_not_plain_https_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="https://<host>") as caught:
        RequestsTransport(url, "synnefo", PASSWORD)
    assert "secret" not in str(caught.value)


def test_a_file_that_holds_no_certificate_is_named(tmp_path):
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    with pytest.raises(ValueError, match=r"ca\.pem"):
        RequestsTransport("https://127.0.0.1:5080", "synnefo", PASSWORD, ca_file=str(empty))


def test_the_password_is_in_no_representation():
    assert PASSWORD not in repr(RequestsTransport("https://127.0.0.1:5080", "synnefo", PASSWORD))
