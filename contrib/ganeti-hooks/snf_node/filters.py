"""A plan → the nftables text of one tap. Pure.

One table of ours, ``netdev synnefo``: a chain on what a tap receives from its guest and one on what it sends to it. They
see each frame before the bridge, routing and other people's tables, are the same for bridged and routed interfaces, and need
no connection tracking: its table would be shared by all guests of a node, and addresses of private networks overlap. What a
guest began is remembered in sets of the tap's own (datagrams) or told by TCP itself: no connection begins without a SYN.

``setting`` and ``removing`` are parts of one transaction that ``ifup`` gives to ``nft -f -``: each stands for itself, whatever is
there already. Frames that the address server sends pass through the second chain too; it reads before the first.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from snf_node import beside, floating
from snf_node.deciding import Plan
from snf_node.firewall import ICMP, WITH_PORTS, Firewall, Rule

TABLE: Final = "netdev synnefo"
RECEIVED, SENT = "from-", "to-"  # chains: on what the tap receives from its guest, on what it sends to it
FLOWS: Final = {4: "flows4-", 6: "flows6-"}
_KIND: Final = {4: "ipv4_addr", 6: "ipv6_addr"}
_NET: Final = {4: "ip", 6: "ip6"}
_MEMORY: Final = "flags dynamic, timeout; timeout 3m; size 16384;"
_MULTICAST: Final = "01:00:00:00:00:00"
_ONE: Final = "00:00:00:00:00:00"
# Errors and answers pass whatever the rules say, and IPv6 does not work without its neighbours.
_ICMP: Final = "icmp type { echo-reply, destination-unreachable, time-exceeded, parameter-problem } accept"
_ICMP6: Final = (
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-reply, mld-listener-query,"
    " mld-listener-report, mld2-listener-report, nd-router-solicit, nd-router-advert, nd-neighbor-solicit,"
    " nd-neighbor-advert } accept"
)


def setting(plan: Plan, firewall: Firewall, *, fresh: bool) -> str:
    """The rules of a tap, in place of those it has. ``fresh``: what an earlier tap of that name began is forgotten."""
    tap = plan.nic.tap
    lines = [f"add table {TABLE}", *_sets(tap, fresh=fresh)]
    lines += _chain(RECEIVED, "ingress", tap, [*_spoofed(plan), *_outward(tap, firewall)])
    lines += _chain(SENT, "egress", tap, [*_shared(plan), *_inward(tap, firewall)])
    lines += _floating(plan)
    return "\n".join(lines) + "\n"


def removing(tap: str) -> str:
    """Nothing of a tap is left. What is not there is made first, so that taking it away cannot fail."""
    lines = [f"add table {TABLE}", *_sets(tap, fresh=False)]
    for start in (RECEIVED, SENT):
        lines += _gone(start + tap)
    lines += [f"delete set {TABLE} {start}{tap}" for start in FLOWS.values()]
    lines += _not_floating(tap)
    return "\n".join(lines) + "\n"


def _sets(tap: str, *, fresh: bool) -> Iterator[str]:
    for version, start in FLOWS.items():
        key = f"{_KIND[version]} . inet_service . inet_service"
        yield f"add set {TABLE} {start}{tap} {{ type {key}; {_MEMORY} }}"
        if fresh:
            yield f"flush set {TABLE} {start}{tap}"


def _floating(plan: Plan) -> Iterator[str]:
    """Behind what is filtered on the way in, and before it on the way out: rules are about the guest's own addresses."""
    tap = plan.nic.tap
    if not plan.floating:
        yield from _not_floating(tap)
        return
    yield from (f"add set {TABLE} {name} {{ {about} }}" for name, about in floating.sets(tap))
    for name, hook, rules in floating.chains(tap, plan.subnet, plan.floating):
        yield from _chain(name.removesuffix(tap), hook, tap, rules, priority=-100 if hook == "ingress" else -300)


def _not_floating(tap: str) -> Iterator[str]:
    for start in (floating.TO, floating.FROM):
        yield from _gone(start + tap)
    for name, about in floating.sets(tap):
        yield from (f"add set {TABLE} {name} {{ {about} }}", f"delete set {TABLE} {name}")


def _chain(start: str, hook: str, tap: str, rules: list[str], priority: int = -200) -> Iterator[str]:
    chain = f"{TABLE} {start}{tap}"
    yield from _gone(start + tap)
    yield f'add chain {chain} {{ type filter hook {hook} device "{tap}" priority {priority}; policy accept; }}'
    yield from (f"add rule {chain} {rule}" for rule in rules)


def _gone(chain: str) -> list[str]:
    return [f"{verb} chain {TABLE} {chain}" for verb in ("add", "flush", "delete")]


def _spoofed(plan: Plan) -> Iterator[str]:
    """What no guest may send."""
    mac = _set(beside.macs(plan.nic.mac, plan.beside))
    yield f"ether saddr != {mac} drop"
    yield "ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop"  # the bridge's own affairs
    yield "ether type { 8021q, 8021ad } drop"  # the uplink may be a trunk
    yield f"arp saddr ether != {mac} drop"
    if plan.mac_prefix:
        yield f"ether daddr & {_MULTICAST} == {_ONE} ether daddr & ff:ff:ff:00:00:00 != {plan.mac_prefix}:00:00:00 drop"
    if not plan.own_affair:
        yield "udp sport 67 drop"
        yield "udp sport 547 drop"
        yield "icmpv6 type { nd-router-advert, nd-redirect } drop"
    if plan.managed:
        yield "ether type != { arp, ip, ip6 } drop"
        yield from _only4(plan)
        yield from _only6(plan)


def _only4(plan: Plan) -> Iterator[str]:
    """Its own address; while it has none yet, a question for one, which the address server has heard already."""
    own = [str(plan.address)] if plan.address else []
    others = [one for one in plan.beside if one.address.version == 4]
    spoken = beside.allowed(4, ["0.0.0.0", *own], others)  # noqa: S104 - no address yet
    if spoken:
        yield f"ether type arp arp saddr ip != {{ {', '.join(spoken)} }} drop"
    yield "udp dport 67 drop" if plan.leased4 else "ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept"
    if not (own or others):
        yield "ether type ip drop"
    elif used := beside.allowed(4, own, others):
        yield f"ether type ip ip saddr != {_set(used)} drop"


def _only6(plan: Plan) -> Iterator[str]:
    """Its own addresses, also in what it says of itself to its neighbours and when it asks whether one is taken."""
    several = [one.address for one in plan.beside if isinstance(one.address, IPv6Network)]
    more = [one.network_address for one in several if one.prefixlen == one.max_prefixlen]
    prefixes = [one for one in several if one.prefixlen < one.max_prefixlen]
    own = list(dict.fromkeys([plan.link_local, *([plan.address6] if plan.address6 else []), *more]))
    targets = ", ".join(_hex(one) for one in own)
    used = beside.allowed(6, [str(one) for one in own], plan.beside)
    if plan.leased6:
        yield "udp dport 547 drop"
    yield f"ip6 saddr :: icmpv6 type nd-neighbor-solicit @th,64,128 {{ {targets} }} accept"
    yield from (f"ip6 saddr :: icmpv6 type nd-neighbor-solicit {_start(one, '==')} accept" for one in prefixes)
    yield "ip6 saddr :: icmpv6 type { mld-listener-report, mld2-listener-report } accept"
    if used:
        yield f"ether type ip6 ip6 saddr != {{ {', '.join(used)} }} drop"
        others = "".join(f" {_start(one, '!=')}" for one in prefixes)
        yield f"icmpv6 type nd-neighbor-advert @th,64,128 != {{ {targets} }}{others} drop"


def _set(several: Sequence[str]) -> str:
    return several[0] if len(several) == 1 else f"{{ {', '.join(several)} }}"


def _start(prefix: IPv6Network, how: str) -> str:
    """Of the target of a neighbour's message the first bytes that the prefix has whole."""
    bits = max(prefix.prefixlen // 8 * 8, 8)
    return f"@th,64,{bits} {how} 0x{int(prefix.network_address) >> (128 - bits):0{bits // 4}x}"


def _hex(address: IPv6Address) -> str:
    return f"0x{int(address):032x}"


def _shared(plan: Plan) -> Iterator[str]:
    """On a bridge of several networks only the own network reaches the guest, and the address server."""
    if plan.mac_prefix:
        yield "udp sport 67 udp dport 68 accept"
        yield "icmpv6 type nd-router-advert accept"
        yield "udp sport 547 udp dport 546 accept"
        yield f"ether saddr & ff:ff:ff:00:00:00 != {plan.mac_prefix}:00:00:00 drop"


def _outward(tap: str, firewall: Firewall) -> Iterator[str]:
    if firewall.egress is not None:
        asking = ("udp sport 68 udp dport 67 accept", "udp sport 546 udp dport 547 accept")
        yield from _only(tap, firewall.egress, asking, outward=True)
    elif firewall.ingress is not None:
        yield from (f"meta l4proto udp {_remember(version, tap, outward=True)}" for version in FLOWS)


def _inward(tap: str, firewall: Firewall) -> Iterator[str]:
    if firewall.ingress is not None:
        answering = ("udp sport 67 udp dport 68 accept", "udp sport 547 udp dport 546 accept")
        yield from _only(tap, firewall.ingress, answering, outward=False)
    elif firewall.egress is not None:
        yield from (f"meta l4proto udp {_remember(version, tap, outward=False)}" for version in FLOWS)


def _only(tap: str, rules: tuple[Rule, ...], always: tuple[str, ...], *, outward: bool) -> Iterator[str]:
    """What the rules let through in one direction and what goes on there anyway, then nothing more."""
    yield "ether type != { ip, ip6 } accept"
    yield from (*always, _ICMP, _ICMP6, "tcp flags & (syn | ack) != syn accept")
    yield "ip frag-off & 0x1fff != 0 accept"  # of no use without the first part, which has the ports
    yield "frag frag-off != 0 accept"
    for version in FLOWS:
        yield f"{_flow(version, outward=outward)} @{FLOWS[version]}{tap} accept"
    for rule in rules:
        yield from _passing(tap, rule, outward=outward)
    yield "drop"


def _passing(tap: str, rule: Rule, *, outward: bool) -> Iterator[str]:
    """One rule. A datagram that it lets through is remembered, for its answer."""
    net, side = _NET[rule.version], "daddr" if outward else "saddr"
    remote = f"{net} {side} {{ {', '.join(rule.remote)} }} " if rule.remote else ""
    start = f"ether type {net} {remote}"
    if rule.protocol in {"", "udp"}:
        ports = _ports(rule) or "meta l4proto udp "
        yield f"{start}{ports}{_remember(rule.version, tap, outward=outward)}"
    yield f"{start}{_ports(rule)}accept"


def _ports(rule: Rule) -> str:
    """The part of a rule that names its protocol; empty for any."""
    if not rule.protocol:
        return ""
    if rule.first is None or rule.protocol not in {*WITH_PORTS, *ICMP.values()}:
        return f"meta l4proto {rule.protocol} "
    if rule.protocol in WITH_PORTS:
        return f"{rule.protocol} dport {rule.first}-{rule.last} "
    code = f"{rule.protocol} code {rule.last} " if rule.last is not None else ""
    return f"{rule.protocol} type {rule.first} {code}"


def _remember(version: int, tap: str, *, outward: bool) -> str:
    return f"update @{FLOWS[version]}{tap} {{ {_flow(version, outward=outward)} }}"


def _flow(version: int, *, outward: bool) -> str:
    """The other's address, its port, the guest's port: the same words in both directions."""
    net = _NET[version]
    if outward:
        return f"{net} daddr . udp dport . udp sport"
    return f"{net} saddr . udp sport . udp dport"
