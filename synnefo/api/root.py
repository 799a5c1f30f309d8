"""``GET /``: what is here, for whoever looks with a browser or curl. Clients begin at the identity service."""

from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.services import IDENTITY, SERVICES


def show(call: Call) -> Answer:
    """The services, each by the first of its types, and where to begin. Needs no token; tells no more than the catalog."""
    services = {one.entries[0][0]: f"{call.base_url}{one.path}" for one in SERVICES}
    start = f"Log in with POST {call.base_url}{IDENTITY.path}/v3/auth/tokens, or give {call.base_url}{IDENTITY.path}/v3"
    return Answer(
        200,
        {
            "name": "Synnefo",
            "services": services,
            "health": f"{call.base_url}/health",
            "metrics": f"{call.base_url}/metrics",
            "start": f"{start} to an OpenStack client as its auth_url.",
        },
    )
