"""A router → what ``ip`` and ``nft`` are told. Pure: what is there already is given.

Inside its namespace a router forwards between its legs, translates what goes out and what comes for floating addresses, and lets
nothing in from outside that was not asked for while it translates. Outside, on the node, each leg's near end has a fence.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_interface
from typing import Any, Final

from snf_node.routers.wanted import Leg, Router

FENCE: Final = "netdev synnefo_routers"
PROTOCOL: Final = 84  # by which our routes are known
HAIRPIN: Final = 1  # mark of what an inner guest sends to a floating address of the same router
SWITCHES: Final = {
    "ipv4/conf/all/forwarding": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/arp_ignore": "1",
    "ipv4/conf/all/arp_announce": "2",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv6/conf/all/accept_ra": "0",
    "ipv6/conf/default/accept_ra": "0",
    "ipv6/conf/default/accept_dad": "0",  # the one before has been silent for longer than its lease
    "ipv6/conf/all/forwarding": "1",
}


def fence(legs: Sequence[Leg], alive: Iterable[str], milliseconds: int) -> str:
    """All fences of the node: of each leg's near end, which is there. Those that are ``alive`` let frames through for so long,
    and then nothing, whatever becomes of us."""
    lines = [f"add table {FENCE}", f"delete table {FENCE}", f"add table {FENCE}"]
    lines.append(f"add set {FENCE} alive {{ type ifname; flags timeout; }}")
    for leg in legs:
        for hook, side in (("ingress", "iifname"), ("egress", "oifname")):
            chain = f"{FENCE} {hook}-{leg.near}"
            lines.append(
                f'add chain {chain} {{ type filter hook {hook} device "{leg.near}" priority -400; policy drop; }}'
            )
            if hook == "egress" and leg.prefix:
                lines.append(f"add rule {chain} ether saddr & ff:ff:ff:00:00:00 != {leg.prefix}:00:00:00 drop")
            lines.append(f"add rule {chain} {side} @alive accept")
    return "\n".join([*lines, *_elements(alive, milliseconds)]) + "\n"


def renewal(alive: Iterable[str], milliseconds: int) -> str:
    """These let frames through for so long from now on, and no others."""
    return "\n".join([f"flush set {FENCE} alive", *_elements(alive, milliseconds)]) + "\n"


def _elements(alive: Iterable[str], milliseconds: int) -> Iterator[str]:
    if (names := sorted(alive)) and milliseconds > 0:
        told = ", ".join(f'"{name}" timeout {milliseconds}ms' for name in names)
        yield f"add element {FENCE} alive {{ {told} }}"


def made(leg: Leg, namespace: str, alias: str) -> list[str]:
    """A leg that is not there: down, and on no bridge yet."""
    return [
        f"link add {leg.near} mtu {leg.mtu} type veth peer name {leg.far} netns {namespace} address {leg.mac} mtu {leg.mtu}",
        f"link set {leg.near} alias {alias} addrgenmode none",
    ]


def joined(leg: Leg, bridge: str) -> list[str]:
    """On its bridge, behind its fence."""
    return [f"link set {leg.near} master {bridge} up"]


def addresses(router: Router, listed: Sequence[Mapping[str, Any]], version: int) -> list[str]:
    """Those of a version on the far ends, and no others. ``listed``: the links in the router with their addresses."""
    wanted = {
        (leg.far, str(one)) for leg in router.legs for one in _held(router, leg) if ip_interface(one).version == version
    }
    there = {
        (str(link["ifname"]), str(ip_interface(f"{one['local']}/{one['prefixlen']}")))
        for link in listed
        for one in link.get("addr_info", [])
        if one.get("family") == ("inet" if version == 4 else "inet6") and one.get("scope") == "global"
    }
    gone = [f"addr del {one} dev {device}" for device, one in sorted(there - wanted)]
    return [*gone, *(f"addr add {one} dev {device}" for device, one in sorted(wanted - there))]


def _held(router: Router, leg: Leg) -> list[str]:
    own = [str(one) for one in leg.addresses]
    return own + [f"{address}/32" for address, _ in router.floating] if leg.outside else own


def routes(router: Router, listed: Sequence[Mapping[str, Any]], version: int) -> list[str]:
    """Those of a version, and no others of ours. ``listed``: ours that are there."""
    outward = [one for one in router.gateways if one.version == version]
    wanted = {"default": f"via {outward[0]} dev {router.outer.far} onlink"} if router.outer and outward else {}
    wanted |= {_named(where): f"via {via}" for where, via in router.routes if via.version == version}
    there = {str(one["dst"]) for one in listed}
    gone = [f"route del {one} proto {PROTOCOL}" for one in sorted(there - wanted.keys())]
    return [*gone, *(f"route replace {where} {how} proto {PROTOCOL}" for where, how in sorted(wanted.items()))]


def _named(where: Any) -> str:
    """A destination as ``ip`` lists it."""
    if where.prefixlen == 0:
        return "default"
    return str(where.network_address) if where.prefixlen == where.max_prefixlen else str(where)


def inside(router: Router) -> str:
    """All rules in the router."""
    outer = router.outer
    lines = ["flush ruleset", "add table ip nat", "add table inet filter"]
    lines.append("add chain ip nat before { type filter hook prerouting priority -150; policy accept; }")
    lines.append("add chain ip nat pre { type nat hook prerouting priority -100; policy accept; }")
    lines.append("add chain ip nat post { type nat hook postrouting priority 100; policy accept; }")
    lines.append("add chain inet filter forward { type filter hook forward priority 0; policy accept; }")
    if outer:
        lines += _translating(router, outer)
    return "\n".join(lines) + "\n"


def _translating(router: Router, outer: Leg) -> Iterator[str]:
    far = f'"{outer.far}"'
    for address, fixed in router.floating:
        yield f"add rule ip nat before iifname != {far} ip daddr {address} meta mark set {HAIRPIN}"
        yield f"add rule ip nat pre ip daddr {address} dnat to {fixed}"
        yield f"add rule ip nat post oifname {far} ip saddr {fixed} snat to {address}"
    own = next((one.ip for one in outer.addresses if one.version == 4), None)
    if own and router.floating:
        yield f"add rule ip nat post oifname != {far} meta mark {HAIRPIN} snat to {own}"
    if router.snat:
        yield f"add rule ip nat post oifname {far} snat to {router.snat}"
        # Of connections that another node has carried, whose translation nobody here knows yet: an answer would end them.
        yield "add chain inet filter input { type filter hook input priority 0; policy accept; }"
        yield f"add rule inet filter input iifname {far} meta l4proto {{ tcp, udp }} drop"
        yield f"add rule inet filter forward iifname {far} ct state established,related accept"
        yield f"add rule inet filter forward iifname {far} ct status dnat accept"
        yield f"add rule inet filter forward iifname {far} meta nfproto ipv4 drop"
