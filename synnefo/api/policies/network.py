"""Neutron's rules: a verb and a resource each, and what is done to routers and groups of addresses besides. Those of single
fields are asked for by commands and renderers: ``logic.network.fields``."""

from collections.abc import Iterator, Mapping
from typing import Final

import logic.network.fields  # noqa: F401 - rules are registered by being imported
from synnefo.api.policies.tables import Table, table

RESOURCES: Final[Mapping[str, str]] = {
    "networks": "network",
    "subnets": "subnet",
    "ports": "port",
    "subnetpools": "subnetpool",
    "security-groups": "security_group",
    "security-group-rules": "security_group_rule",
    "floatingips": "floatingip",
    "routers": "router",
    "address-groups": "address_group",
    "rbac-policies": "rbac_policy",
}
_UNTAGGED: Final = frozenset({"security-group-rules", "rbac-policies"})
_BESIDES: Final = """
PUT    v2.0/routers/<id>/add_router_interface     add_router_interface     member
PUT    v2.0/routers/<id>/remove_router_interface  remove_router_interface  member
PUT    v2.0/routers/<id>/add_extraroutes          add_extraroutes          member
PUT    v2.0/routers/<id>/remove_extraroutes       remove_extraroutes       member
PUT    v2.0/address-groups/<id>/add_addresses     update_address_group     member
PUT    v2.0/address-groups/<id>/remove_addresses  update_address_group     member
GET    v2.0/quotas                                get_quotas               admin
GET    v2.0/quotas/<project>                      get_quota                anyone
GET    v2.0/quotas/<project>/default              get_quota                anyone
GET    v2.0/quotas/<project>/details              get_quota                anyone
GET    v2.0/quotas/<project>/details.json         get_quota                anyone
PUT    v2.0/quotas/<project>                      update_quota             admin
DELETE v2.0/quotas/<project>                      delete_quota             admin
GET    v2.0/availability_zones                    get_availability_zone    anyone
GET    v2.0/network-ip-availabilities             get_network_ip_availability  anyone
GET    v2.0/network-ip-availabilities/<id>        get_network_ip_availability  anyone
GET    v2.0/agents                                get_agent                anyone
GET    v2.0/agents/<id>                           get_agent                anyone
"""


def _resource(path: str, word: str) -> Iterator[str]:
    one, many = f"v2.0/{path}/<id>", f"v2.0/{path}"
    yield f"GET {many} get_{word} anyone"
    yield f"GET {one} get_{word} anyone"
    yield f"POST {many} create_{word} member"
    if path != "security-group-rules":  # which are made anew
        yield f"PUT {one} update_{word} member"
    yield f"DELETE {one} delete_{word} member"
    if path not in _UNTAGGED:
        yield from _tags(one, path.replace("-", "_"))


def _tags(one: str, words: str) -> Iterator[str]:
    for address in (f"{one}/tags", f"{one}/tags/<tag>"):
        yield f"GET {address} get_{words}_tags anyone"
        yield f"PUT {address} update_{words}_tags member"
        yield f"DELETE {address} delete_{words}_tags member"
    yield f"POST {one}/tags create_{words}_tags member"


TABLE: Final[Table] = table(
    _BESIDES + "\n".join(line for path, word in RESOURCES.items() for line in _resource(path, word))
)
