"""How Ganeti's remote API is spoken to: a request made, sent and its answer decoded. Blocking.

``questions`` and ``rapi`` have the calls there are. Failures are those of ``failures``: ``Transient``, ``Rejected``, ``Gone``.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from ganeti import failures
from ganeti.replies import Number, Queried
from ganeti.transport import NotSent, RapiRequest, ReplyLost, Transport
from ganeti.vocabulary import FINAL, SUCCESS
from logic import decoding, permits

T = TypeVar("T")
Query = tuple[tuple[str, str], ...]
BULK: Query = (("bulk", "1"),)
_OK = 200


class Calling:
    """One cluster. ``timeout`` bounds each call, in seconds."""

    def __init__(self, transport: Transport, *, timeout: float = 30.0) -> None:
        self._transport = transport
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport!r})"

    def _get(self, path: str, kind: type[T], query: Query = ()) -> T:
        found: T = self._ask(self._request("GET", path, query=query), kind)
        return found

    def _query(self, kind: str, *fields: str, only: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """``only`` is a filter in the query language of Ganeti (doc/design-query2)."""
        path = f"/2/query/{kind}"
        if only:
            body = msgspec.json.encode({"fields": fields, "qfilter": only})
            filtered: Queried = self._ask(self._request("PUT", path, body=body), Queried)
            return filtered.rows
        found: Queried = self._get(path, Queried, (("fields", ",".join(fields)),))
        return found.rows

    def _order(  # noqa: PLR0913 - an HTTP request's parts
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: Query = (),
        *,
        reason: str,
        depends: Sequence[int],
        needs: Sequence[int] = (),
    ) -> int:
        if body is not None and (depends or needs):
            body["depends"] = [[job, sorted(FINAL)] for job in depends] + [[job, [SUCCESS]] for job in needs]
        query = (*query, ("reason", reason)) if reason else query
        told = None if body is None else msgspec.json.encode(body)
        permits.check()
        job: int = self._ask(self._request(method, path, query=query, body=told), Number)
        return int(job)

    def _request(self, method: str, path: str, *, query: Query = (), body: bytes | None = None) -> RapiRequest:
        return RapiRequest(method=method, path=path, query=query, body=body, timeout=self._timeout)

    def _ask(self, request: RapiRequest, kind: Any) -> Any:
        """Send, and decode the answer as ``kind``."""
        try:
            response = self._transport.send(request)
        except (NotSent, ReplyLost) as error:
            raise failures.of_transport(request, error) from error
        if response.status != _OK:
            raise failures.of_status(request, response)
        try:
            return decoding.decode(response.body, kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise failures.unreadable(request, error) from error


def instance_path(name: str, verb: str = "") -> str:
    path = f"/2/instances/{quote(name, safe='')}"
    return f"{path}/{verb}" if verb else path


def network_path(name: str, verb: str = "") -> str:
    path = f"/2/networks/{quote(name, safe='')}"
    return f"{path}/{verb}" if verb else path
