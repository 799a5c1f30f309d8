"""Discovery: readable by anybody, with links under the host that the client used."""

from typing import Any

from synnefo.api.identity.answers.tokens import Version, Versions
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(status=300, gives={"versions": Versions})
def root(call: Call) -> Answer:
    """300, as Keystone answers its root."""
    return Answer(300, {"versions": {"values": [_v3(call)]}}, {"Location": f"{call.base_url}/identity/v3/"})


@describes(gives={"version": Version})
def v3(call: Call) -> Answer:
    return Answer(200, {"version": _v3(call)})


def _v3(call: Call) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.base_url}/identity/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }
