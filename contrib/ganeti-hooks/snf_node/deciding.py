"""What an interface and its node amount to: addresses, whether they are leased, what is checked, which firewall. Pure.

``ifup`` calls ``decide`` with the parsed interface and with what the node says of the place it joins. How a plan becomes
rules is ``filters`` and ``routing``, how it becomes a binding is ``bindings``.

- An interface on a Ganeti network has that network's addresses, and a lease when the network has the tag ``nfdhcpd``. One
  that is on none has the addresses of its place (the bridge's own on this node, the prefix in the routing table), and a lease
  when it has an address.
- It is *managed* when anything is known of the addresses of its place: then it may use its own and no other. On a place of which
  nothing is known there is nothing to compare with, and only its MAC is checked.
- The IPv6 address is the one made of prefix and MAC (EUI-64).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, NamedTuple

from snf_node.beside import Beside, Leases
from snf_node.errors import Refused
from snf_node.floating import Floating
from snf_node.nic import Network, Nic

LEASED: Final = "nfdhcpd"
PREFIX_FILTERED: Final = "private-filtered"
PRIVATE: Final = frozenset({PREFIX_FILTERED, "physical-vlan"})
ROUTED: Final = "ip-less-routed"
LINK_LOCAL: Final = IPv6Network("fe80::/64")
ONE_ADDRESS: Final = 64  # the length of a prefix that an EUI-64 fits behind

# The tag of an instance → what its firewall does: the chain's name since 0.5.1, and the API's word. The strictest first.
PROFILES: Final = {"protected": "ENABLED", "limited": "PROTECTED", "unprotected": "DISABLED"}


class Surroundings(NamedTuple):
    """What the node says of a bridge or routing table. ``uplink`` is where a routed address is made known."""

    mtu: int = 0
    subnet: IPv4Network | None = None
    gateway: IPv4Address | None = None
    subnet6: IPv6Network | None = None
    gateway6: IPv6Address | None = None
    uplink: str = ""
    uplink6: str = ""


class Plan(NamedTuple):
    """All that is done for a tap. ``mac_prefix`` is set where other networks share the bridge and are kept apart by it;
    ``floating``, ``beside`` and ``leases`` when the interface's file has been read."""

    nic: Nic
    around: Surroundings
    address: IPv4Address | None
    subnet: IPv4Network | None
    gateway: IPv4Address | None
    address6: IPv6Address | None
    subnet6: IPv6Network | None
    gateway6: IPv6Address | None
    managed: bool
    own_affair: bool
    leased4: bool
    leased6: bool
    mac_prefix: str
    profile: str
    floating: tuple[Floating, ...] = ()
    beside: tuple[Beside, ...] = ()
    leases: Leases = Leases()

    @property
    def link_local(self) -> IPv6Address:
        return eui64(LINK_LOCAL, self.nic.mac)


def decide(nic: Nic, around: Surroundings) -> Plan:
    """See above. Refuses what cannot be right."""
    network = nic.network or _around(nic, around)
    tags = network.tags
    if ROUTED in tags and nic.mode != "routed":
        raise Refused(f"the network {network.name} is {ROUTED}, and its interface is {nic.mode}")
    address = None if "disable_ipv4" in nic.tags else nic.address
    address6 = None if "disable_ipv6" in nic.tags else nic.address6 or _derived(network.subnet6, nic.mac)
    wanted = LEASED in tags if nic.network else bool(nic.address or nic.address6)
    known = bool(nic.address or nic.address6 or network.subnet or network.subnet6)
    return Plan(
        nic=nic,
        around=around,
        address=address,
        subnet=network.subnet,
        gateway=network.gateway,
        address6=address6,
        subnet6=network.subnet6,
        gateway6=network.gateway6,
        managed=known,
        own_affair=not known and bool(PRIVATE & tags),
        leased4=wanted and bool(address and network.subnet and address in network.subnet),
        leased6=wanted and bool(address6 and network.subnet6 and address6 in network.subnet6),
        mac_prefix=_prefix(network, nic.mac) if PREFIX_FILTERED in tags else "",
        profile=profile(nic),
    )


def _around(nic: Nic, around: Surroundings) -> Network:
    """Of an interface on no network: one without an address has nothing to do with those of its place."""
    if not (nic.address or nic.address6):
        around = Surroundings()
    return Network("", frozenset(), "", around.subnet, around.gateway, around.subnet6, around.gateway6)


def profile(nic: Nic) -> str:
    """Of ``synnefo:network:<name or index>:<chain>`` among the instance's tags, the name first. Without one: DISABLED."""
    for known_as in (nic.name, nic.position):
        start = f"synnefo:network:{known_as}:"
        chains = {tag.removeprefix(start) for tag in nic.tags if known_as and tag.startswith(start)}
        if unknown := sorted(chains - PROFILES.keys()):
            raise Refused(f"{unknown[0]!r} is no firewall profile: {', '.join(PROFILES)}")
        if chains:
            return next(word for chain, word in PROFILES.items() if chain in chains)
    return "DISABLED"


def eui64(subnet: IPv6Network, mac: str) -> IPv6Address:
    """The address that a guest makes of a prefix and its MAC."""
    first, *rest = (int(byte, 16) for byte in mac.split(":"))
    halves = bytes([first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
    return subnet[int.from_bytes(halves, "big")]


def _derived(subnet: IPv6Network | None, mac: str) -> IPv6Address | None:
    return eui64(subnet, mac) if subnet and subnet.prefixlen == ONE_ADDRESS else None


def _prefix(network: Network, mac: str) -> str:
    """Interfaces of one prefix see each other and no others: one outside it would be cut off, or in another network."""
    if not network.mac_prefix:
        raise Refused(f"the network {network.name} is {PREFIX_FILTERED}, and NETWORK_MAC_PREFIX is missing")
    if not mac.startswith(network.mac_prefix):
        raise Refused(f"MAC is {mac}: on {network.name} all begin with {network.mac_prefix}")
    return network.mac_prefix
