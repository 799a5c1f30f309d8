"""Neutron's."""

from typing import Any

from synnefo.api.tests.isolation.rows import (
    May,
    Row,
    admins,
    admins_in_a_project,
    anyone,
    delete,
    get,
    members,
    post,
    public,
    put,
)

V = "network/v2.0"
PROJECTS: Any = {"missing": 403, "admins": (200, 200)}
TAGGED = {
    "networks": "network",
    "subnets": "subnet",
    "subnetpools": "pool",
    "ports": "port",
    "security-groups": "group",
    "floatingips": "floating",
    "routers": "router",
    "address-groups": "address_group",
}
OUTSIDE = dict.fromkeys(("unscoped", "of the domain", "reader of the system"), (0, 404, 404))


def _seen_first(**about: Any) -> May:
    """Members, once it was found: to who does not see it, it is unknown whatever the role."""
    return members(**{"refused": (403, 404, 404), "but": {"admin of the domain": (0, 403, 404)}, **about})


def _collection(path: str, it: str, body: Any, field: str = "name", gone: int = 204) -> list[Row]:
    """The ways of a collection of tenants' things."""
    change = {next(iter(body)): {field: "new"}}
    return [
        get(f"{V}/{path}", anyone()),
        get(f"{V}/{path}?marker={{it}}&limit=1", anyone(), it=it),
        get(f"{V}/{path}?project_id={{it}}", anyone(missing=200), it="project"),
        get(f"{V}/{path}?id={{it}}", anyone(missing=200), it=it),
        post(f"{V}/{path}", members(own=201), body=body),
        get(f"{V}/{path}/{{it}}", anyone(), it=it),
        put(f"{V}/{path}/{{it}}", _seen_first(), it=it, body=change),
        delete(f"{V}/{path}/{{it}}", members(own=gone), it=it),
    ]


def _policy(**given: str) -> Any:
    return {"rbac_policy": {"object_type": "network", "action": "access_as_shared", "target_tenant": "x", **given}}


def _operators(status: int) -> dict[str, tuple[int, int, int]]:
    """Of what is told to administrators alone, and looks to others as if it were not there."""
    return dict.fromkeys(("admin", "admin there", "admin of the domain"), (status, status, 404))


def _tags(path: str, it: str) -> list[Row]:
    all, one, said = f"{V}/{path}/{{it}}/tags", f"{V}/{path}/{{it}}/tags/x", {"tags": ["x"]}
    return [
        get(all, anyone(), it=it),
        get(one, anyone(own=404), it=it),
        put(all, _seen_first(), it=it, body=said),
        post(all, _seen_first(own=201), it=it, body=said),
        delete(all, _seen_first(own=204), it=it),
        put(one, _seen_first(own=201), it=it),
        delete(one, _seen_first(own=404), it=it),
    ]


def _joining(way: str, own: int) -> list[Row]:
    """A router and what it joins: each may be another tenant's."""
    action = f"{way}_router_interface"
    return [
        put(f"{V}/routers/{{it}}/{action}", _seen_first(own=own), it="router", body={"subnet_id": "{subnet}"}),
        *[
            put(f"{V}/routers/{{router}}/{action}", members(own=own, but=OUTSIDE), it=it, body={name: "{it}"}, note=it)
            for name, it in (("subnet_id", "subnet"), ("port_id", "free_port"))
        ],
    ]


def _absent(path: str) -> list[Row]:
    ways = (get, post, put, delete)
    return [way(f"{V}/{path}{rest}", anyone(own=404)) for rest in ("", "/x", "/x/y") for way in ways]


ROWS = [
    get("network", public()),
    get(V, public()),
    get(f"{V}/availability_zones", anyone()),
    get(f"{V}/extensions", anyone()),
    get(f"{V}/extensions/quotas", anyone()),
    get(f"{V}/quotas", admins()),
    get(f"{V}/quotas/{{it}}", anyone(**PROJECTS), it="project"),
    put(f"{V}/quotas/{{it}}", admins(missing=200), it="project", body={"quota": {"port": 5}}),
    delete(f"{V}/quotas/{{it}}", admins(own=204, missing=204), it="project"),
    get(f"{V}/quotas/{{it}}/default", anyone(**PROJECTS), it="project"),
    get(f"{V}/quotas/{{it}}/details", anyone(**PROJECTS), it="project"),
    get(f"{V}/quotas/{{it}}/details.json", anyone(**PROJECTS), it="project"),
    *_collection("networks", "network", {"network": {"name": "x"}}, gone=409),
    post(
        f"{V}/networks",
        members(own=201, missing=403, admins=(201, 201)),
        it="project",
        body={"network": {"name": "x", "project_id": "{it}"}},
        note="for a project",
    ),
    post(
        f"{V}/networks",
        admins_in_a_project(own=201),
        body={"network": {"name": "x", "shared": True}},
        note="for everybody",
    ),
    *_collection(
        "subnets", "subnet", {"subnet": {"network_id": "{network}", "cidr": "10.9.0.0/24", "ip_version": 4}}, gone=409
    ),
    post(
        f"{V}/subnets",
        members(own=201),
        it="network",
        body={"subnet": {"network_id": "{it}", "cidr": "10.9.0.0/24", "ip_version": 4}},
        note="of a network",
    ),
    post(
        f"{V}/subnets",
        members(own=201),
        it="pool",
        body={"subnet": {"network_id": "{network}", "subnetpool_id": "{it}", "ip_version": 4, "prefixlen": 24}},
        note="of a pool",
        takes_back=True,
    ),
    *_collection("ports", "port", {"port": {"network_id": "{network}"}}),
    post(f"{V}/ports", members(own=201), it="network", body={"port": {"network_id": "{it}"}}, note="on a network"),
    post(
        f"{V}/ports",
        members(own=201, admins=(404, 404)),
        it="group",
        body={"port": {"network_id": "{network}", "security_groups": ["{it}"]}},
        note="in a group",
        takes_back=True,
    ),
    post(
        f"{V}/ports",
        members(own=201, missing=400, admins=(400, 400)),
        it="subnet",
        body={"port": {"network_id": "{network}", "fixed_ips": [{"subnet_id": "{it}"}]}},
        note="with an address",
        takes_back=True,
    ),
    post(
        f"{V}/ports",
        admins_in_a_project(own=201),
        body={"port": {"network_id": "{network}", "device_owner": "network:dhcp"}},
        note="that calls itself the cloud's",
    ),
    put(
        f"{V}/ports/{{free_port}}",
        admins_in_a_project(but={**dict.fromkeys(OUTSIDE, (404, 0, 0)), "admin of the domain": (403, 0, 0)}),
        body={"port": {"device_owner": "network:dhcp"}},
        note="to call itself the cloud's",
    ),
    put(
        f"{V}/ports/{{port}}",
        members(admins=(404, 404), but=OUTSIDE),
        it="group",
        body={"port": {"security_groups": ["{it}"]}},
        note="into a group",
        takes_back=True,
    ),
    *_collection("security-groups", "group", {"security_group": {"name": "x"}}),
    post(
        f"{V}/security-groups",
        members(own=201, missing=403, admins=(201, 201)),
        it="project",
        body={"security_group": {"name": "x", "project_id": "{it}"}},
        note="for a project",
    ),
    *[
        row
        for row in _collection(
            "security-group-rules",
            "security_rule",
            {"security_group_rule": {"security_group_id": "{group}", "direction": "ingress", "protocol": "tcp"}},
        )
        if row.method != "PUT"
    ],
    post(
        f"{V}/security-group-rules",
        members(own=201),
        it="group",
        body={"security_group_rule": {"security_group_id": "{it}", "direction": "ingress", "protocol": "tcp"}},
        note="of a group",
    ),
    post(
        f"{V}/security-group-rules",
        members(own=201, admins=(404, 404)),
        it="group",
        body={
            "security_group_rule": {"security_group_id": "{group}", "direction": "ingress", "remote_group_id": "{it}"}
        },
        note="of a remote group",
    ),
    *_collection("address-groups", "address_group", {"address_group": {"name": "x", "addresses": ["10.4.0.0/16"]}}),
    put(f"{V}/address-groups/{{it}}/add_addresses", members(), it="address_group", body={"addresses": ["10.6.0.0/16"]}),
    put(
        f"{V}/address-groups/{{it}}/remove_addresses",
        members(),
        it="address_group",
        body={"addresses": ["10.5.0.0/16"]},
    ),
    post(
        f"{V}/security-group-rules",
        members(own=201, admins=(404, 404)),
        it="address_group",
        body={
            "security_group_rule": {
                "security_group_id": "{group}",
                "direction": "ingress",
                "remote_address_group_id": "{it}",
            }
        },
        note="of a remote address group",
    ),
    *_collection("floatingips", "floating", {"floatingip": {"floating_network_id": "{public}"}}, "description"),
    post(
        f"{V}/floatingips",
        members(own=201),
        it="port",
        body={"floatingip": {"floating_network_id": "{public}", "port_id": "{it}"}},
        note="on a port",
        takes_back=True,
    ),
    post(
        f"{V}/floatingips",
        members(own=201, missing=403, admins=(201, 201)),
        it="project",
        body={"floatingip": {"floating_network_id": "{public}", "project_id": "{it}"}},
        note="for a project",
    ),
    put(
        f"{V}/floatingips/{{floating}}",
        members(but=OUTSIDE),
        it="port",
        body={"floatingip": {"port_id": "{it}"}},
        note="on a port",
    ),
    get(f"{V}/network-ip-availabilities", anyone()),
    post(f"{V}/network-ip-availabilities", anyone(own=501), body={}),
    get(f"{V}/network-ip-availabilities/{{it}}", anyone(own=404, but=_operators(200)), it="network"),
    delete(f"{V}/network-ip-availabilities/{{it}}", anyone(own=404, but=_operators(501)), it="network"),
    get(f"{V}/agents", anyone()),
    post(f"{V}/agents", anyone(own=501), body={}),
    get(f"{V}/agents/x", anyone(own=404)),
    put(f"{V}/agents/x", anyone(own=404), body={}),
    delete(f"{V}/agents/x", anyone(own=404)),
    *_collection("routers", "router", {"router": {"name": "x"}}),
    put(
        f"{V}/routers/{{router}}",
        members(own=400, admins=(400, 404), but=OUTSIDE),
        it="network",
        body={"router": {"external_gateway_info": {"network_id": "{it}"}}},
        note="with a gateway",
    ),
    *_joining("add", 200),
    *_joining("remove", 404),
    put(f"{V}/routers/{{it}}/add_extraroutes", _seen_first(), it="router", body={"router": {"routes": []}}),
    put(f"{V}/routers/{{it}}/remove_extraroutes", _seen_first(), it="router", body={"router": {"routes": []}}),
    *_collection("subnetpools", "pool", {"subnetpool": {"name": "x", "prefixes": ["10.3.0.0/16"]}}),
    *_collection("rbac-policies", "policy", _policy(object_id="{network}"), "target_tenant"),
    post(f"{V}/rbac-policies", members(own=201), it="network", body=_policy(object_id="{it}"), note="of a network"),
    post(
        f"{V}/rbac-policies",
        admins_in_a_project(own=201),
        body=_policy(object_id="{network}", target_tenant="*"),
        note="for everybody",
    ),
    *[row for path, it in TAGGED.items() for row in _tags(path, it)],
    *_absent("trunks"),
]
