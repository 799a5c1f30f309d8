"""What clients ask for and this cloud has none of: lists that are always empty, and things that cannot be made."""

from typing import Any

from logic.compute import queries
from logic.errors import NotFound, NotSupported
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import Objects, describes


@describes(gives={"nodes": Objects, "pagesize_kb": int | None})
def show_topology(call: Call, server_id: str) -> Answer:
    """Guests get no NUMA nodes of their own."""
    queries.server(call.caller, server_id)
    return Answer(200, {"nodes": [], "pagesize_kb": None})


@describes(gives={"password": str})
def show_password(call: Call, server_id: str) -> Answer:
    """Guests leave no password with us."""
    queries.server(call.caller, server_id)
    return Answer(200, {"password": ""})


@describes(status=204)
def forget_password(call: Call, server_id: str) -> Answer:
    queries.server(call.caller, server_id)
    return Answer(204)


@describes(gives={"shares": Objects})
def list_shares(call: Call, server_id: str) -> Answer:
    queries.server(call.caller, server_id)
    return Answer(200, {"shares": []})


@describes(answers={})
def show_share(call: Call, server_id: str, share_id: str) -> Answer:
    queries.server(call.caller, server_id)
    raise NotFound(kind="share of this server", id=share_id)


@describes(takes=Any, answers={}, refuses=[501])
def attach_share(call: Call, server_id: str) -> Answer:
    queries.server(call.caller, server_id)
    raise NotSupported(reason="This cloud has no shared file systems. Attach a volume instead.")
