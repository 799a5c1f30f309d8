"""What clients ask for and this cloud has none of: lists that are always empty, and things that cannot be made."""

from logic.compute import queries
from logic.errors import NotSupported
from synnefo.api.kernel.calls import Answer, Call


def list_migrations(_: Call) -> Answer:
    return Answer(200, {"migrations": []})


def show_topology(call: Call, server_id: str) -> Answer:
    """Guests get no NUMA nodes of their own."""
    queries.server(call.caller, server_id)
    return Answer(200, {"nodes": [], "pagesize_kb": None})


def show_usage(_: Call, **path: str) -> Answer:  # noqa: ARG001 - nobody's is kept
    raise NotSupported(reason="This cloud keeps no records of usage. What a project has now is among its quotas.")


def act_on_flavor(call: Call, flavor_id: str) -> Answer:
    queries.flavor(call.caller, flavor_id)
    raise NotSupported(reason="Private flavors are for administrators; they cannot be opened to a project.")
