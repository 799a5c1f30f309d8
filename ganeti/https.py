"""RAPI over HTTPS with ``requests``: the transport of production.

TLS is verified. Ganeti makes itself a certificate without a name that matches the master, so a ``ca_file`` may hold
either certificate authorities (chain and host name are checked) or that one certificate (it is pinned, whatever its
name). No retries, no redirects, no proxies, nothing from the environment: what a failed call means is decided above.
"""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from requests.adapters import HTTPAdapter

from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost
from logic import clock, permits

CONNECT_TIMEOUT = 10.0
MAX_REPLY = 64 * 1024 * 1024  # bytes; 10,000 instances in bulk are about 40 MiB
_CHUNK = 64 * 1024


class RequestsTransport:
    """One cluster, one user. ``base_url`` is ``https://master:5080``; safe to call from several threads.

    ``ca_file``: see the module. ``fingerprint``: SHA-256 of the server's certificate in hex, instead of a file.
    ``insecure`` accepts any certificate. With none of them, the machine's own authorities count. ``named`` is whose name the
    certificate has to have when that is not the host's.
    """

    def __init__(  # noqa: PLR0913 - a connection's facts
        self,
        base_url: str,
        user: str,
        password: str,
        *,
        ca_file: str = "",
        fingerprint: str = "",
        insecure: bool = False,
        named: str = "",
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" or not parts.hostname or parts.username:
            raise ValueError("the RAPI endpoint must be https://<host>:<port>, the user and password given apart")
        self._base = f"https://{parts.netloc}"
        pin = fingerprint or (pinned(Path(ca_file)) if ca_file else "")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (user, password)
        self._session.mount("https://", _Adapter(_context(ca_file, verified=not (pin or insecure)), pin, named))
        if insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def __repr__(self) -> str:
        return f"RequestsTransport({self._base})"

    def send(self, request: RapiRequest) -> RapiResponse:
        """Raises :class:`NotSent` or :class:`ReplyLost`. ``request.timeout`` bounds the whole exchange."""
        deadline = clock.monotonic() + request.timeout
        try:
            with self._open(request) as answer:
                return RapiResponse(status=answer.status_code, body=_body(answer, deadline))
        except requests.RequestException as error:
            raise _classified(error, f"{request.method} {self._base}{request.path}") from error

    def _open(self, request: RapiRequest) -> requests.Response:
        return self._session.request(
            request.method,
            self._base + request.path,
            params=list(request.query),
            data=request.body,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            timeout=(min(CONNECT_TIMEOUT, request.timeout), request.timeout),
            allow_redirects=False,
            stream=True,
        )

    def close(self) -> None:
        self._session.close()


class _Adapter(HTTPAdapter):
    """One TLS context for all connections: Ganeti closes each after its answer, and reading the machine's authorities
    anew would cost more than the call. What to trust is the context's affair (or the fingerprint's), not requests'."""

    def __init__(self, context: ssl.SSLContext, fingerprint: str, named: str) -> None:
        self._trust: dict[str, Any] = {"ssl_context": context}
        if named:
            self._trust["server_hostname"] = named
        if fingerprint:
            self._trust["assert_fingerprint"] = fingerprint
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= self._trust
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _Pool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to add: requests would put its own bundle of authorities here."""


class _Connection(urllib3.connection.HTTPSConnection):
    """One that was a while in the making is used only if what goes over it may still be sent."""

    def connect(self) -> None:
        super().connect()
        permits.check()


class _Pool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Connection


def _context(ca_file: str, *, verified: bool) -> ssl.SSLContext:
    """Authorities of a file or of the machine, and the host's name, unless somebody else verifies."""
    if verified:
        return ssl.create_default_context(cafile=ca_file or None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def pinned(path: Path) -> str:
    """The SHA-256 of a file's only certificate, when that is no authority's; empty: they are authorities to verify by.

    Raises ``ValueError`` naming the file when it holds no certificate or cannot be read.
    """
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is no readable file of PEM certificates: {error}") from error
    if len(found) != 1 or _is_authority(found[0]):
        return ""
    return found[0].fingerprint(hashes.SHA256()).hex()


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return constraints.ca


def _body(answer: requests.Response, deadline: float) -> bytes:
    """The whole body, within the deadline and :data:`MAX_REPLY`. A server that drips does not hold us."""
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_content(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_REPLY:
            raise ReplyLost(f"the answer is larger than {MAX_REPLY} bytes")
        if clock.monotonic() > deadline:
            raise ReplyLost("the answer did not end in time")
    return b"".join(parts)


def _classified(error: requests.RequestException, what: str) -> NotSent | ReplyLost:
    """Did it arrive? Only a connection that was never made, or never trusted, says certainly no."""
    causes = _causes(error)
    why = f"{what}: {causes[-1]}"
    if isinstance(error, requests.ConnectTimeout) or any(isinstance(cause, _NEVER_SENT) for cause in causes):
        return NotSent(why)
    if any("fingerprint" in str(cause).lower() for cause in causes if isinstance(cause, urllib3.exceptions.SSLError)):
        return NotSent(why)
    return ReplyLost(why)


_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was made of: requests and urllib3 wrap without always chaining."""
    found: list[BaseException] = [error]
    while True:
        last = found[-1]
        inner = getattr(last, "reason", None) or last.__cause__ or next(iter(last.args), None) or last.__context__
        if not isinstance(inner, BaseException) or inner in found:
            return found
        found.append(inner)
