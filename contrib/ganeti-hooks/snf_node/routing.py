"""A plan → what ``ip`` and the kernel's switches are told for its tap. Pure: what is there already is given.

Bridged: the tap joins its bridge. Routed: the guest's frames are looked up in the table that is its link, its addresses lie in
that table on the tap, and the node answers for it outside and for everybody else inside. A tap's rules are found by its
name, which the next tap will have too: what is not wanted is cleared, and what is right is left alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from snf_node.deciding import Plan

TAP_MAC: Final = "cc:47:52:4e:45:54"  # the same on all nodes: a guest that moves keeps its neighbour
Listed = Sequence[Mapping[str, Any]]


def links(plan: Plan) -> list[str]:
    """The tap itself, and the bridge it joins."""
    tap, mtu = plan.nic.tap, f" mtu {plan.around.mtu}" if plan.around.mtu else ""
    if plan.nic.mode == "routed":
        return [f"link set dev {tap} nomaster", f"link set dev {tap} address {TAP_MAC}{mtu}", f"link set dev {tap} up"]
    return [f"link set dev {tap}{mtu} master {plan.nic.place}", f"link set dev {tap} up"]


def vlans(plan: Plan) -> list[list[str]]:
    """The programs that give a port its VLAN, on a bridge that knows them."""
    if plan.nic.mode != "bridged" or plan.nic.vlan is None:
        return []
    port = ["dev", plan.nic.tap]
    return [
        ["bridge", "vlan", "del", "vid", "1", *port],
        ["bridge", "vlan", "add", "vid", str(plan.nic.vlan), "pvid", "untagged", *port],
    ]


def rules(plan: Plan, listed: Listed) -> list[str]:
    """One rule says in which table the tap's frames are looked up."""
    tap, table = plan.nic.tap, plan.nic.place
    routed = plan.nic.mode == "routed"
    mine = [one for one in listed if one.get("iif") == tap]
    right = [one for one in mine if routed and str(one.get("table")) == table and "iif_detached" not in one]
    wrong = [one for one in mine if one not in right[:1]]
    made = [f"rule add iif {tap} lookup {table}"] if routed and not right else []
    return [*_without(wrong), *made]


def without_rules(taps: set[str], listed: Listed) -> list[str]:
    """None of these taps has a rule."""
    return _without([one for one in listed if one.get("iif") in taps])


def routes(plan: Plan, listed: Listed, version: int) -> list[str]:
    """The guest's address lies on its tap and on no other. ``listed``: the routes to this very address, in all tables."""
    address = plan.address if version == 4 else plan.address6
    if address is None or plan.nic.mode != "routed":
        return []
    return [*elsewhere(plan, listed), f"route replace {address} dev {plan.nic.tap} table {plan.nic.place}"]


def elsewhere(plan: Plan, listed: Listed) -> list[str]:
    """What lies on other devices, or in other tables."""
    here = (plan.nic.tap, plan.nic.place)
    found = [(str(one["dev"]), str(one.get("table", "main")), one["dst"]) for one in listed if "dev" in one]
    return [
        f"route del {dst} dev {dev} table {table}" for dev, table, dst in found if (dev, table) != here and dev != "lo"
    ]


def proxies(plan: Plan) -> list[tuple[str, str]]:
    """For whom the node answers, and on which device: for the guest outside, and inside for its IPv6 gateway. (Inside it answers
    ARP for everybody: see ``switches``.)"""
    if plan.nic.mode != "routed":
        return []
    around, tap = plan.around, plan.nic.tap
    wanted: list[tuple[Any, str]] = [(one.address, around.uplink) for one in plan.floating]
    wanted += [(plan.address, around.uplink), (plan.address6, around.uplink6), (plan.address6 and plan.gateway6, tap)]
    return [(str(address), device) for address, device in wanted if address and device]


def switches(plan: Plan, strictest: int) -> Iterator[tuple[str, str]]:
    """Files below ``/proc/sys/net`` and their values. ``strictest``: rp_filter of all interfaces, of which the higher counts; the
    way back is in a table that it does not look at, and the filter of the tap knows better whose address is whose."""
    tap = plan.nic.tap
    if plan.nic.mode == "bridged":
        yield f"ipv6/conf/{tap}/disable_ipv6", "1"
        return
    yield f"ipv4/conf/{tap}/rp_filter", "2" if strictest else "0"
    for name, value in {"proxy_arp": "1", "forwarding": "1"}.items():
        yield f"ipv4/conf/{tap}/{name}", value
    yield f"ipv4/neigh/{tap}/proxy_delay", "0"
    for name, value in {
        "disable_ipv6": "0",
        "accept_ra": "0",
        "autoconf": "0",
        "forwarding": "1",
        "proxy_ndp": "1",
    }.items():
        yield f"ipv6/conf/{tap}/{name}", value
    yield f"ipv6/neigh/{tap}/proxy_delay", "0"
    if plan.around.uplink:
        yield f"ipv4/conf/{plan.around.uplink}/forwarding", "1"
    if plan.around.uplink6:
        yield f"ipv6/conf/{plan.around.uplink6}/proxy_ndp", "1"


def _without(listed: Listed) -> list[str]:
    return [f"rule del pref {one['priority']} iif {one['iif']} lookup {one['table']}" for one in listed]
