"""What ``kvm-vif-bridge`` does: an interface up, down, or with its firewall read again. The order of things is here.

Ganeti runs it as root on a node for each tap, with the interface in the environment and no arguments; ``ACTION`` is ``up``
(also where an older Ganeti sets none), ``down``, or our own ``refresh``. It ends with 0, or with 1 and one sentence, and then
nothing of the tap is left: its filter is there before it is let on the network, and goes after it was taken off.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from snf_node import announcing, bindings, clearing, firewall, floating, node, routing, running, state
from snf_node.deciding import Plan, decide
from snf_node.errors import Failed, Refused
from snf_node.filters import setting
from snf_node.nic import Nic, parse, tap
from snf_node.places import Places, places
from snf_node.written import applied, written

SYSTEM = Path("/proc/sys/net")


def main(environment: Mapping[str, str]) -> int:
    """0 when done; else 1, and why is on standard error, which Ganeti puts into node-daemon.log."""
    try:
        action = _action(environment.get("ACTION") or "up")
        where = places(environment)
        with state.locked(where.taps):
            action(environment, where)
    except (Refused, Failed, OSError) as error:
        sys.stderr.write(f"kvm-vif-bridge: {environment.get('INTERFACE', 'all')[:15]!r}: {error}\n")
        return 1
    return 0


def up(environment: Mapping[str, str], where: Places) -> None:
    """From the environment to a tap that carries its guest's frames, and no others."""
    nic = parse(environment)
    if nic.tap not in (living := node.living()):
        raise Refused("there is no such interface")
    plan, rules = _wanted(_plan(nic, where), where)
    known = state.known(living[nic.tap], environment, routing.proxies(plan))
    again = state.recall(where.taps, nic.tap) == known
    _sweep(where, besides=set() if again else {nic.tap})
    state.remember(where.taps, nic.tap, known)
    try:
        running.nft(setting(plan, rules, fresh=not again))
        _connect(plan)
        _lease(plan, where)
    except (Failed, OSError):
        _sweep(where, besides={nic.tap})
        raise
    announcing.announce(plan)


def down(environment: Mapping[str, str], where: Places) -> None:
    """Nothing of the tap is left, whether it is there or not, and nothing of others that are gone."""
    living = node.living()
    clearing.take_away(where, clearing.left(where, set(living) - {tap(environment)}), living)


def refresh(environment: Mapping[str, str], where: Places) -> None:
    """What a tap that is up lets through, its floating addresses and what its guest is told, or without ``INTERFACE`` those of
    all, as the files say now. The filters are one transaction: when that is refused, all stays as it was."""
    living = node.living()
    names = {tap(environment)} if environment.get("INTERFACE") else state.names(where.taps) & set(living)
    known = {name: _known(name, living.get(name), where) for name in sorted(names)}
    wanted = {name: _wanted(_plan(parse(one.environment), where), where) for name, one in known.items()}
    running.nft("".join(setting(plan, rules, fresh=False) for plan, rules in wanted.values()))
    for name, one in known.items():
        _refloat(wanted[name][0], one, where)
        _lease(wanted[name][0], where)


def _known(name: str, number: int | None, where: Places) -> state.Known:
    known = state.recall(where.taps, name)
    if known is None or number != known.number:
        raise Refused(f"{name} was not set up by this program")
    return known


def _refloat(plan: Plan, known: state.Known, where: Places) -> None:
    """The floating addresses of a tap that is up. What it does not have any more may be another tap's by now."""
    proxies = tuple(routing.proxies(plan))
    if plan.nic.mode != "routed" or (not plan.floating and proxies == known.proxies):
        return
    now = state.known(known.number, known.environment, [*proxies, *set(known.proxies) - set(proxies)])
    state.remember(where.taps, plan.nic.tap, now)
    _float(plan)
    clearing.no_proxies_without_route(set(known.proxies) - set(proxies))
    _answer_for(proxies)
    state.remember(where.taps, plan.nic.tap, now._replace(proxies=proxies))
    if set(proxies) - set(known.proxies):
        announcing.announce(plan)


def _float(plan: Plan) -> None:
    """They lie behind the guest's own address, on this tap alone."""
    tap, table = plan.nic.tap, plan.nic.place
    for one in plan.floating:
        there = running.shown("route", "show", "table", "all", "exact", str(one.address), version=4)
        running.ip(routing.elsewhere(plan, there), version=4)
    listed = running.shown("route", "show", "table", table, "dev", tap, version=4)
    running.ip(list(floating.routes(tap, table, plan.floating, listed)), version=4)


def _answer_for(proxies: Iterable[tuple[str, str]]) -> None:
    for one, device in proxies:
        running.ip([f"neigh replace proxy {one} dev {device}"], version=6 if ":" in one else 4)


ACTIONS = {"up": up, "down": down, "refresh": refresh}


def _action(name: str) -> Callable[[Mapping[str, str], Places], None]:
    if name not in ACTIONS:
        raise Refused(f"ACTION is {name!r}: it has to be one of {', '.join(ACTIONS)}")
    return ACTIONS[name]


def _plan(nic: Nic, where: Places) -> Plan:
    return decide(nic, applied(node.look(nic), nic, [] if nic.network else written(where.networks)))


def _sweep(where: Places, besides: set[str]) -> None:
    """What is left of taps that are gone, and of these. It must not keep an interface from coming up."""
    try:
        living = node.living()
        clearing.take_away(where, clearing.left(where, set(living) - besides), living)
    except (Failed, OSError) as error:
        sys.stderr.write(f"kvm-vif-bridge: what is left of earlier taps could not be cleared: {error}\n")


def _wanted(plan: Plan, where: Places) -> tuple[Plan, firewall.Firewall]:
    """With what the interface's file says."""
    wanted = firewall.wanted_of(where.rules, plan.nic.known_as, plan.profile)
    floats = floating.usable(plan.nic, plan.address, wanted.floating)
    plan = plan._replace(floating=floats, beside=wanted.beside, leases=wanted.leases)
    return plan, wanted.firewall or firewall.CLOSED


def _connect(plan: Plan) -> None:
    """The kernel's switches before the link is up, the addresses after it."""
    strictest = int((SYSTEM / "ipv4/conf/all/rp_filter").read_text())
    for name, value in routing.switches(plan, strictest):
        if (SYSTEM / name).exists():
            (SYSTEM / name).write_text(value)
    running.ip(routing.links(plan), version=4)
    for words in routing.vlans(plan):
        running.program(words)
    for version, address in ((4, plan.address), (6, plan.address6)):
        running.ip(routing.rules(plan, running.shown("rule", "show", version=version)), version=version)
        if plan.nic.mode == "routed" and address:
            there = running.shown("route", "show", "table", "all", "exact", str(address), version=version)
            running.ip(routing.routes(plan, there, version), version=version)
    if plan.nic.mode == "routed":
        _float(plan)
    _answer_for(routing.proxies(plan))


def _lease(plan: Plan, where: Places) -> None:
    """Last: whoever reads the binding finds the tap ready."""
    text = bindings.binding(plan)
    if text:
        bindings.keep(where.bindings, plan.nic.tap, text)
    else:
        bindings.remove(where.bindings, plan.nic.tap)
