"""What Debian's Ganeti answers over its remote API, recorded while the contract was checked on it: the simulator's oracle.

``Recording`` is put before a cluster's transport. On the real one ``keep`` adds what has not been seen to
``transcripts/ganeti-3.0.2.json`` (``RECORD_RAPI=1 make test-ganeti``); on the simulator ``strange`` tells what a real one
never says: another status, a field it does not have, a value of another kind.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ganeti.transport import RapiRequest, RapiResponse, Transport
from logic import decoding

FILE = Path(__file__).with_name("transcripts") / "ganeti-3.0.2.json"
KINDS = {bool: "bool", int: "number", float: "number", str: "string", type(None): "null", dict: "object", list: "list"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES = [  # what a path has of a cluster's own
    (re.compile(r"^(/2/jobs)/\d+"), r"\1/ID"),
    (re.compile(r"^(/2/(?:instances|networks|nodes|groups))/[^/]+"), r"\1/NAME"),
]
OTHERS = frozenset(
    {"hvparams", "network_port"}
)  # as the hypervisor has them; the real one of the contract only pretends
BESIDES = {  # seen on a real one, in circumstances that the contract does not make there
    ("GET /2/jobs/ID", 200): {
        (".opresult[]", "string"),  # "Job canceled by request": canceled while it waits for a lock
        (".ops[].target_node", "string"),  # of a move by hand, to a node that was named
    },
    ("PUT /2/query/job", 200): {(".data[][][][].target_node", "string")},
}
FAILED = 500  # from here on it is trouble, which the simulator has been told to make
Form = frozenset[tuple[str, str]]


class Exchange(msgspec.Struct, frozen=True):
    """``asked`` is method, path and the names in the query; ``body`` is one of those that were answered, scrubbed."""

    asked: str
    status: int
    body: Any

    @property
    def forms(self) -> Form:
        """Where in the body there is what kind of value."""
        return frozenset(_forms("", self.body))


class Recording:
    """A transport that remembers what it was answered."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._heard: list[Exchange] = []

    def send(self, request: RapiRequest) -> RapiResponse:
        answer = self._inner.send(request)
        self._heard.append(Exchange(_asked(request), answer.status, _body(answer)))
        return answer

    def strange(self) -> list[str]:
        """What none of the recorded answers has."""
        known = _known(recorded())
        lines = []
        for one in self._heard:
            if one.status < FAILED and (one.asked, one.status) not in known:
                lines.append(f"{one.asked} is never answered with {one.status}")
            elif one.status < FAILED:
                expected = known[one.asked, one.status] | BESIDES.get((one.asked, one.status), set())
                lines += [f"{one.asked} {one.status}: {at} is no {kind}" for at, kind in one.forms - expected]
        return sorted(set(lines))

    def keep(self) -> None:
        """Write down every answer that has something new; of a list those members that have."""
        kept = recorded()
        for one in self._heard:
            bodies = [[member] for member in one.body] if isinstance(one.body, list) and one.body else [one.body]
            for body in bodies:
                known = _known(kept).get((one.asked, one.status))
                new = Exchange(one.asked, one.status, _scrubbed(body))
                if one.status < FAILED and (known is None or new.forms - known):
                    kept.append(new)
        kept.sort(key=lambda one: (one.asked, one.status))
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")


def recorded() -> list[Exchange]:
    return decoding.decode(FILE.read_bytes(), list[Exchange]) if FILE.exists() else []


def _known(exchanges: list[Exchange]) -> dict[tuple[str, int], Form]:
    known: dict[tuple[str, int], Form] = {}
    for one in exchanges:
        known[one.asked, one.status] = known.get((one.asked, one.status), frozenset()) | one.forms
    return known


def _asked(request: RapiRequest) -> str:
    path = request.path
    for pattern, name in NAMES:
        path = pattern.sub(name, path)
    query = "&".join(sorted({name for name, _ in request.query}))
    return f"{request.method} {path}" + (f"?{query}" if query else "")


def _body(answer: RapiResponse) -> Any:
    try:
        return msgspec.to_builtins(decoding.decode(answer.body, Any))
    except msgspec.DecodeError:
        return None


def _forms(at: str, value: Any) -> Iterator[tuple[str, str]]:
    yield at, KINDS[type(value)]
    if isinstance(value, dict):
        for name in value.keys() - OTHERS:
            yield from _forms(f"{at}.{name}", value[name])
    if isinstance(value, list):
        for one in value:
            yield from _forms(f"{at}[]", one)


def _scrubbed(value: Any) -> Any:
    text = msgspec.json.encode(value).decode()
    return decoding.decode(UUID.sub("00000000-0000-4000-8000-000000000000", text).encode(), Any)
