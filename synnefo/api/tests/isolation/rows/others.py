"""What is no OpenStack service: the root, the documents of OpenAPI, what load balancers, monitoring, nodes and browsers ask. None
takes a token."""

from synnefo.api.tests.isolation.rows import get, post, public, put

ROWS = [
    get("", public()),
    get("health", public()),
    get("metrics", public()),
    *[get(f"{service}/openapi.json", public()) for service in ("identity", "compute", "image", "network", "volume")],
    get("console/", public()),
    get("console/novnc/x", public(own=404)),
    post("nodes/v1/interfaces", public(own=401), body={"interfaces": {}}),
    get("nodes/v1/images/x", public(own=401)),
    get("nodes/v1/secrets/x", public(own=401)),
    get("nodes/v1/exports/x", public(own=401)),
    put("nodes/v1/exports/x/0", public(own=401), body={}),
    post("nodes/v1/routers", public(own=401), body={}),
]
