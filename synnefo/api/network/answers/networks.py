"""Networks, subnets and where their addresses come from, and ports."""

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from synnefo.api.kernel.answers import lives
from synnefo.api.network.answers.words import FixedIp, Named, Route

_ADMINS: Final = lives(when="for administrators, and for whom the site's policy says")
_Outside = TypedDict(
    "_Outside",
    {
        "router:external": bool,  # floating addresses come from it
        "provider:network_type": NotRequired[Annotated[str, _ADMINS]],
        "provider:physical_network": NotRequired[Annotated[str | None, _ADMINS]],
        "provider:segmentation_id": NotRequired[Annotated[int | None, _ADMINS]],
    },
)


class Network(Named, _Outside):
    """Where it is (``provider:``), administrators see."""

    admin_state_up: bool
    status: Literal["ACTIVE", "DOWN"]
    shared: bool
    is_default: bool
    mtu: int
    port_security_enabled: bool
    availability_zone_hints: list[str]
    availability_zones: list[str]
    ipv4_address_scope: None
    ipv6_address_scope: None
    subnets: list[str]


class Span(TypedDict):
    start: str
    end: str


Mode = Literal["slaac", "dhcpv6-stateless"] | None


class Subnet(Named):
    network_id: str
    ip_version: Literal[4, 6]
    cidr: str
    gateway_ip: str | None
    enable_dhcp: bool
    dns_nameservers: list[str]
    host_routes: list[Route]
    allocation_pools: list[Span]
    subnetpool_id: str | None
    ipv6_address_mode: Mode
    ipv6_ra_mode: Mode
    service_types: list[str]


class SubnetPool(Named):
    prefixes: list[str]
    default_prefixlen: int
    min_prefixlen: int
    max_prefixlen: int
    default_quota: int | None
    shared: bool
    is_default: bool
    ip_version: Literal[4, 6]
    address_scope_id: None


class AddressPair(TypedDict):
    ip_address: str
    mac_address: str


class DhcpOption(TypedDict):
    opt_name: str
    opt_value: str
    ip_version: Literal[4, 6]


_Bound = TypedDict(
    "_Bound",
    {
        "binding:vnic_type": Literal["normal"],
        "binding:host_id": NotRequired[Annotated[str, _ADMINS]],
        "binding:vif_type": NotRequired[Annotated[Literal["bridge", "unbound"], _ADMINS]],
        "binding:vif_details": NotRequired[Annotated[dict[str, Any], _ADMINS]],
        "binding:profile": NotRequired[Annotated[dict[str, Any], _ADMINS]],
    },
)


class Port(Named, _Bound):
    """Where it is (``binding:host_id``, a cluster), administrators see."""

    network_id: str
    mac_address: str
    admin_state_up: bool
    status: Literal["ACTIVE", "BUILD", "DOWN"]
    device_id: str
    device_owner: str
    fixed_ips: list[FixedIp]
    security_groups: list[str]
    port_security_enabled: bool
    allowed_address_pairs: list[AddressPair]
    extra_dhcp_opts: list[DhcpOption]


class SubnetAvailability(TypedDict):
    subnet_id: str
    subnet_name: str
    cidr: str
    ip_version: Literal[4, 6]
    total_ips: int
    used_ips: int


class Availability(TypedDict):
    """How many addresses there are to give out, and how many are in use."""

    network_id: str
    network_name: str
    tenant_id: str
    project_id: str
    total_ips: int
    used_ips: int
    subnet_ip_availability: list[SubnetAvailability]
