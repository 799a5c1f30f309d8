"""Which rules the interfaces on a node go by: the text of each file that is not as it should be.

The protocol is told of in ``contrib/ganeti-hooks/snf_node/wanted/asking.py``, the text in ``snf_node/firewall.py``. A node is
believed to be one of the cluster whose key it shows, and hears of nothing that is not that cluster's.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from logic.network import enforcing, telling
from logic.network.enforcing import Rule
from logic.placement import nodekeys
from synnefo.api.kernel.calls import Answer, Call

VERSION = 1
MOST = 1000
BEARER = "Bearer "

Digest = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
Name = Annotated[str, msgspec.Meta(max_length=255)]


class Question(msgspec.Struct, frozen=True):
    """Interfaces by their names on the cluster, each with the digest of what its node knows of it; the parts of a file that the
    node ``knows`` beside those that all do."""

    interfaces: Annotated[dict[Name, Digest], msgspec.Meta(max_length=MOST)]
    knows: Annotated[list[Name], msgspec.Meta(max_length=MOST)] = []


def interfaces(call: Call) -> Answer:
    backend = nodekeys.holder(shown(call))
    question = call.decode(Question)
    asked = question.interfaces
    prefix = enforcing.prefix()
    ports = {name.removeprefix(prefix): name for name in asked if name.startswith(prefix)}
    rules = enforcing.firewalls(str(backend), list(ports))
    floating = enforcing.floating(list(rules))
    told = telling.told(list(rules)) if question.knows else {}
    more = {port: {name: part for name, part in told.get(port, {}).items() if name in question.knows} for port in rules}
    wanted = {ports[port]: _text(own, floating.get(port, ()), more[port]) for port, own in rules.items()}
    new = {name: text for name, text in wanted.items() if hashlib.sha256(text.encode()).hexdigest() != asked[name]}
    return Answer(200, {"prefix": prefix, "interfaces": new})


def shown(call: Call) -> str:
    """The key that is in a node's question."""
    header = call.header("authorization")
    return header.removeprefix(BEARER) if header.startswith(BEARER) else ""


def _text(rules: Sequence[Rule] | None, floating: Sequence[tuple[str, str]], more: Mapping[str, Any]) -> str:
    """Always the same for the same: its digest is compared. What floats is told where something does: older nodes know none."""
    document: dict[str, Any] = {"version": VERSION, "rules": rules, **more}
    if floating:
        document["floating"] = [{"address": address, "fixed": fixed} for address, fixed in floating]
    return msgspec.json.encode(document, order="sorted").decode()
