"""Neutron's rules for single fields: who may say ``provider:network_type`` of a network, and who sees it.

One table of them, by operation. Commands :func:`check` what they are asked for, renderers show what is :func:`seen`. A field that
anybody may set as shipped, who may do the operation, has a rule so that a site can take it away. Registers the rules when it is
imported. Knows no model.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT

from logic import policy
from logic.access import Caller
from logic.policy import Rule, register

OF_CLOUD: Final = "network:"  # begins what the cloud's own ports are
EVERYBODY: Final = "*"  # a project that a network is shared with: all of them
OF_NETWORK: Final = "network:project_id"  # of what a rule is about: whose network the port is on
_ADMIN, _OWNER, _ANYBODY = ("admin_required",), ("admin_required", "network_owner"), ("anybody",)


class Field(msgspec.Struct, frozen=True):
    """``name`` is Neutron's, ``column`` that of what a command is asked for. ``counts``: is it asked for by this value?"""

    name: str
    column: str
    needs: tuple[str, ...]
    counts: Callable[[Any], bool] = lambda _: True


def _of_any(part: str) -> Callable[[Any], bool]:
    return lambda values: any(getattr(one, part) for one in values or ())


def _of(part: str) -> Callable[[Any], bool]:
    """Something that may be none, and whose parts may be."""
    return lambda value: value is not None and getattr(value, part) not in (None, "")


_SHARED: Final = (
    Field("shared", "shared", _ADMIN),
    Field("router:external", "external", _ADMIN),
    Field("is_default", "is_default", _ADMIN),
    Field("port_security_enabled", "port_security", _ANYBODY),
)
_PROVIDER: Final = tuple(
    Field(f"provider:{part}", "provider", _ADMIN, _of(part))
    for part in ("network_type", "physical_network", "segmentation_id")
)
_PORT: Final = (
    Field("device_owner", "owner", _ADMIN, lambda owner: owner.startswith(OF_CLOUD)),
    Field("mac_address", "mac", _OWNER),
    Field("fixed_ips", "fixed_ips", _ANYBODY),
    Field("fixed_ips:ip_address", "fixed_ips", _ANYBODY, _of_any("ip")),
    Field("fixed_ips:subnet_id", "fixed_ips", _ANYBODY, _of_any("subnet")),
    Field("port_security_enabled", "port_security", _OWNER, operator.not_),  # to be filtered, anybody may ask
    Field("allowed_address_pairs", "pairs", _OWNER, bool),
    Field("allowed_address_pairs:ip_address", "pairs", _ANYBODY, _of_any("ip")),
    Field("allowed_address_pairs:mac_address", "pairs", _ANYBODY, _of_any("mac")),
    Field("binding:host_id", "host", _ADMIN, bool),
)
_ROUTER: Final = (
    Field("external_gateway_info", "gateway", _ANYBODY),
    Field("external_gateway_info:network_id", "gateway", _ANYBODY, _of("network")),
    Field("external_gateway_info:enable_snat", "gateway", _ADMIN, _of("snat")),
    Field("external_gateway_info:external_fixed_ips", "gateway", _ADMIN, _of("fixed")),
)
_POLICY: Final = (Field("target_tenant", "target", _ADMIN, lambda target: target == EVERYBODY),)
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "create_network": (*_SHARED, *_PROVIDER),
    "update_network": _SHARED,
    "create_port": _PORT,
    "update_port": _PORT,
    "create_router": _ROUTER,
    "update_router": _ROUTER,
    "create_floatingip": (Field("floating_ip_address", "ip", _ADMIN),),
    "create_subnetpool": (Field("shared", "shared", _ADMIN), Field("is_default", "is_default", _ADMIN)),
    "update_subnetpool": (Field("is_default", "is_default", _ADMIN),),
    "create_rbac_policy": _POLICY,
    "update_rbac_policy": _POLICY,
}
# What only administrators see as shipped.
HIDDEN: Final[Mapping[str, frozenset[str]]] = {
    "get_network": frozenset(field.name for field in _PROVIDER),
    "get_port": frozenset({"binding:host_id", "binding:vif_type", "binding:vif_details", "binding:profile"}),
}


def asked(wanted: msgspec.Struct) -> dict[str, Any]:
    """Of what a command is asked for the columns that say something: all but those that are as when nothing is said."""
    told = {field.name: field.default for field in msgspec.structs.fields(wanted)}
    values = {name: getattr(wanted, name) for name in told}
    return {name: value for name, value in values.items() if told[name] is NODEFAULT or value != told[name]}


def check(caller: Caller, operation: str, columns: Mapping[str, Any], **about: str) -> None:
    """Raises :class:`Forbidden` for the first of these that the caller may not set. ``about``: :data:`OF_NETWORK`, for rules that
    look at it."""
    for field in FIELDS[operation]:
        if field.column in columns and field.counts(columns[field.column]):
            policy.permit(caller, f"{operation}:{field.name}", project_id=caller.project, **about)


def seen(caller: Caller, operation: str) -> frozenset[str]:
    """The hidden fields that the caller sees. Asked for each line of a list: where the site says nothing of them it is a look at
    the caller."""
    names = HIDDEN[operation]
    if not (policy.in_force() and any(policy.is_touched(f"{operation}:{name}") for name in names)):
        return names if caller.is_admin else frozenset()
    return frozenset(name for name in names if policy.allowed(caller, f"{operation}:{name}", project_id=caller.project))


def unseen(caller: Caller, operation: str) -> frozenset[str]:
    """The hidden fields that the caller does not see: nor may a list be narrowed by them, which would tell them."""
    return HIDDEN[operation] - seen(caller, operation) if operation in HIDDEN else frozenset()


def _rules() -> Iterable[Rule]:
    for operation, fields in FIELDS.items():
        resource = operation.partition("_")[2].replace("_", " ")
        yield from (Rule(f"{operation}:{one.name}", one.needs, f"setting {one.name} of a {resource}") for one in fields)
    for operation, names in HIDDEN.items():
        yield from (Rule(f"{operation}:{name}", _ADMIN, f"seeing {name}") for name in sorted(names))


register(_rules())
