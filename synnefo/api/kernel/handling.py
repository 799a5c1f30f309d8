"""The road of one request. Only reading the body is asynchronous; all else is one call through the offload, unless the answer
says what follows it.

Routes are made by ``routing``; no view, and nothing in ``logic``, knows of HTTP beyond ``Call`` and ``Answer``.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import IO, Any, Concatenate

import msgspec
import structlog
from django.db import ProgrammingError
from prometheus_client import Counter, Histogram
from structlog.contextvars import bound_contextvars

from logic import clock, policy, schema
from logic.access import Caller
from logic.db import DATABASE_AWAY, committing
from logic.errors import BadRequest, Refusal, Unauthenticated, Unavailable
from logic.identity.access_rules import permits
from logic.identity.queries.tokens import authenticate
from logic.identity.refusals import NotPermitted
from logic.offload import Offload
from logic.secretkeys import KeysUnusable
from logic.transactions import waited_in_vain
from synnefo.api.kernel import bodies, origin, policing, reading, repeating, running
from synnefo.api.kernel.calls import ANONYMOUS, Answer, Call, Query, Stream
from synnefo.api.kernel.describing import operation
from synnefo.api.kernel.dialects import Dialect
from synnefo.api.kernel.faults import MethodNotAllowed, Unexpected, fault
from synnefo.api.kernel.sending import Reply, Streamed

View = Callable[Concatenate[Call, ...], Answer]
CALL_TIMEOUT = 60.0  # seconds; every wait has a bound
AWAY = "The database cannot answer now."
LOCKED = "What is kept encrypted can be neither read nor written."
BEHIND = "The database is not ready for this version yet."
HUNG_UP = 499  # the status of what is not sent, since nobody is there
SERVICE_TYPES = {"volume": {"volume", "volumev3", "block-storage", "block-store"}}  # as access rules name it

log = structlog.get_logger("synnefo.api")
SECONDS = Histogram("synnefo_api_request_seconds", "Requests by route", ["service", "method", "route", "status"])
UNEXPECTED = Counter("synnefo_api_unexpected_total", "Requests that ended in an unexpected exception", ["service"])


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A route: which views answer which methods, in whose dialect, which methods need no token, and of which the body is not
    read before the view has answered (``Answer.taking``)."""

    route: str
    dialect: Dialect
    views: Mapping[str, View]
    public: frozenset[str] = frozenset()
    streaming: frozenset[str] = frozenset()

    def view(self, method: str, path: str) -> View:
        """GET answers HEAD too. Raises :class:`MethodNotAllowed`."""
        found = self.views.get(method) or (self.views.get("GET") if method == "HEAD" else None)
        if found is None:
            raise MethodNotAllowed(method=reading.clipped(method), path=path, allowed=", ".join(sorted(self.views)))
        return found


class Exchange(msgspec.Struct, kw_only=True):
    """One request while it is being answered."""

    endpoint: Endpoint
    request: bodies.Request
    parameters: dict[str, str]
    id: str
    base_url: str = ""
    caller: Caller = ANONYMOUS
    headers: dict[str, str] = {}

    @property
    def method(self) -> str:
        return self.request.method or "GET"


async def handle(endpoint: Endpoint, request: bodies.Request, **parameters: str) -> Reply:
    """Answer one request. Never raises: what goes wrong is a fault in the dialect."""
    started = clock.monotonic()
    exchange = Exchange(endpoint=endpoint, request=request, parameters=parameters, id=f"req-{clock.new_uuid()}")
    try:
        answer = await (_taken if exchange.method in endpoint.streaming else _whole)(exchange)
        if isinstance(answer.body, Stream) and exchange.method != "HEAD":
            return await _streamed(exchange, answer, answer.body, started)
    except bodies.HungUp:
        return Reply(status=HUNG_UP)
    except Refusal as refusal:
        answer = _encoded(fault(refusal, endpoint.dialect, exchange.base_url))
    except Exception:
        UNEXPECTED.labels(endpoint.dialect.name).inc()
        log.exception("unexpected", request=exchange.id, method=exchange.method, route=endpoint.route)
        answer = _encoded(fault(Unexpected(request=exchange.id), endpoint.dialect, exchange.base_url))
    _tell(exchange, answer, clock.monotonic() - started)
    return _reply(exchange, answer)


async def _streamed(exchange: Exchange, answer: Answer, stream: Stream, started: float) -> Reply:
    """What cannot be opened is refused while that can still be said."""
    project = exchange.caller.project
    running.begin_to_send(project)
    try:
        pieces = await running.current().call(stream.open)
    except BaseException:
        running.sent(project)
        raise
    _tell(exchange, answer, clock.monotonic() - started)
    headers = _headers(exchange, answer, stream.length)
    return Streamed(status=answer.status, headers=headers, pieces=pieces, sent=functools.partial(running.sent, project))


async def _answered(exchange: Exchange, stream: IO[bytes] | None) -> Answer:
    exchange.base_url = origin.base_url(exchange.request)
    view = exchange.endpoint.view(exchange.method, reading.clipped(exchange.request.path))
    body = b"" if stream is None else reading.read(exchange.request.META, stream)
    try:
        async with _blaming(exchange), asyncio.timeout(CALL_TIMEOUT):
            if exchange.method in bodies.SAFE:
                answer = await running.current().read(_perform, exchange, view, body)
            else:
                answer = await running.current().write(committing, "request.commit", _perform, exchange, view, body)
            return _encoded(await answer.later()) if answer.later else answer
    except TimeoutError as error:
        reason = f"The request took longer than {CALL_TIMEOUT:.0f} seconds; look whether it was done."
        raise Unavailable(reason=reason, retry_after=10) from error


async def _whole(exchange: Exchange) -> Answer:
    stream = await bodies.body(exchange.request)
    with running.slot():
        return await _answered(exchange, stream)


async def _taken(exchange: Exchange) -> Answer:
    """The view begins, and then the body is taken in pieces. What has no room is not begun."""
    with running.room_to_come():
        with running.slot():
            answer = await _answered(exchange, None)
        if answer.taking is None:
            return answer
        async with _blaming(exchange), aclosing(bodies.pieces(exchange.request.receive)) as pieces:
            return _encoded(await answer.taking(pieces, running.current()))


@asynccontextmanager
async def _blaming(exchange: Exchange) -> AsyncIterator[None]:
    """What a database says that cannot answer, and keys that cannot be used, become a refusal."""
    try:
        yield
    except DATABASE_AWAY as error:
        held = waited_in_vain(error)
        log.warning("database", request=exchange.id, error=type(error).__name__, held=held)
        reason = "Something else holds what this request needs; nothing was done." if held else AWAY
        raise Unavailable(reason=reason, retry_after=5) from error
    except ProgrammingError as error:
        await _blame_schema(running.current(), error, exchange.id)
        raise
    except KeysUnusable as error:
        log.error("keys", request=exchange.id, problem=str(error))  # noqa: TRY400 - known
        raise Unavailable(reason=LOCKED, retry_after=30) from error


async def _blame_schema(offload: Offload, error: ProgrammingError, request: str) -> None:
    """Raises :class:`Unavailable` when the database lacks tables or columns, which is no fault of the code's."""
    try:
        await offload.read(schema.check_again)
    except schema.Lacking as lacking:
        log.error("schema", request=request, problem=lacking.sentence, error=type(error).__name__)  # noqa: TRY400 - known
        raise Unavailable(reason=BEHIND, retry_after=30) from error


def _perform(exchange: Exchange, view: View, body: bytes) -> Answer:
    """In a thread of the pool, or inline: everything that may touch the database."""
    request, endpoint = exchange.request, exchange.endpoint
    if exchange.method not in endpoint.public:
        exchange.caller = _caller(request.META, exchange.id)
        if exchange.caller.rules is not None:
            _permit(exchange)
        if policy.in_force():
            project = exchange.parameters.get("project", "")
            asked = (endpoint.dialect.name, exchange.method, endpoint.route, body, project)
            exchange.caller = policing.judged(exchange.caller, *asked)
    version = (0, 0)
    if endpoint.dialect.versions:
        version = endpoint.dialect.versions.asked(request.META)
        exchange.headers = endpoint.dialect.versions.headers(version)
    call = Call(
        caller=exchange.caller,
        method=exchange.method,
        path=request.path,
        query=_query(request),
        version=version,
        base_url=exchange.base_url,
        request_id=exchange.id,
        address=origin.address(request),
        body=body,
        meta=request.META,
        described=operation(view),
    )
    with bound_contextvars(request=exchange.id):
        return repeating.answered(call, lambda: _encoded(view(call, **exchange.parameters)))


def _caller(meta: Mapping[str, Any], request: str) -> Caller:
    """From X-Auth-Token alone: identity headers that a client made up are not even looked at."""
    token = meta.get("HTTP_X_AUTH_TOKEN")
    if not token:
        raise Unauthenticated
    return authenticate(token, request)


def _permit(exchange: Exchange) -> None:
    """Raises :class:`NotPermitted` for what no access rule of the application credential permits. A path is told from the
    service's own root on, or with what it is mounted under."""
    path, name = exchange.request.path, exchange.endpoint.dialect.name
    inner = "/" + path.lstrip("/").partition("/")[2]
    if not permits(exchange.caller.rules or (), SERVICE_TYPES.get(name, {name}), exchange.method, {path, inner}):
        raise NotPermitted(method=exchange.method, path=reading.clipped(path))


def _query(request: bodies.Request) -> Query:
    raw = request.META.get("QUERY_STRING", "")
    if "%00" in raw or "\0" in request.path:
        raise BadRequest(reason="The address contains a NUL character. Remove it.")
    return Query.parsed(raw) if raw else Query()


def _encoded(answer: Answer) -> Answer:
    if answer.body is None or isinstance(answer.body, bytes | Stream):
        return answer
    headers = {"Content-Type": "application/json", **answer.headers}
    return Answer(answer.status, msgspec.json.encode(answer.body), headers)


def _reply(exchange: Exchange, answer: Answer) -> Reply:
    body = b"" if isinstance(answer.body, Stream) else answer.body or b""
    length = answer.body.length if isinstance(answer.body, Stream) else len(body)
    headers = _headers(exchange, answer, length)
    if not length:
        headers.pop("Content-Type", None)
    return Reply(status=answer.status, headers=headers, body=b"" if exchange.method == "HEAD" else body)


def _headers(exchange: Exchange, answer: Answer, length: int) -> dict[str, str]:
    headers = {**exchange.headers, **answer.headers, "X-OpenStack-Request-Id": exchange.id}
    headers |= dict.fromkeys(exchange.endpoint.dialect.echo, exchange.id)
    if answer.status != 204:  # noqa: PLR2004 - 204 has neither body nor length
        headers["Content-Length"] = str(length)
    return headers


def _tell(exchange: Exchange, answer: Answer, seconds: float) -> None:
    endpoint = exchange.endpoint
    method = exchange.method if exchange.method in {*endpoint.views, "HEAD"} else "other"
    SECONDS.labels(endpoint.dialect.name, method, endpoint.route, str(answer.status)).observe(seconds)
    tell = log.debug if exchange.method in bodies.SAFE and answer.status < 500 else log.info  # noqa: PLR2004
    tell(
        "answered",
        request=exchange.id,
        method=method,
        route=endpoint.route,
        status=answer.status,
        seconds=round(seconds, 4),
        user=exchange.caller.user,
        project=exchange.caller.project,
    )


def bound(endpoint: Endpoint) -> Callable[..., Any]:
    """The Django view of a route."""
    UNEXPECTED.labels(endpoint.dialect.name)  # 0 before the first: an increase from nothing is none to Prometheus

    @functools.wraps(handle)
    async def view(request: bodies.Request, **parameters: str) -> Reply:
        return await handle(endpoint, request, **parameters)

    view.endpoint = endpoint  # type: ignore[attr-defined] # routes are listed from the resolver
    return view
