"""What operators say of where a network is, in Neutron's words (``provider:*``), and what that is here.

==================== ================== ========================= ==========================================================
network_type         flavor             physical_network          what nodes have to have
==================== ================== ========================= ==========================================================
``flat``             ``CUSTOM``         a bridge                  that bridge; nobody looks who else is on it
``vlan``             ``PHYSICAL_VLAN``  a bridge                  that bridge, for this network alone
``routed``           ``IP_LESS_ROUTED`` a routing table           that table, with the device that leads outside
``mac-filtered``     ``MAC_FILTERED``   a bridge                  that bridge, which such networks share
==================== ================== ========================= ==========================================================

The segmentation id of a ``mac-filtered`` network is the last two bytes of its MACs' prefix; it is given out, not chosen. That
of a ``vlan`` is the bridge's affair. A network without a flavor, from before, is shown by its mode. Pure:
of lists it gives conditions, and asks nothing.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from django.db.models import Q

from logic.network.models import Flavor
from logic.network.refusals import InvalidInput

FLAVORS: Final[dict[str, str]] = {
    "flat": Flavor.CUSTOM,
    "vlan": Flavor.PHYSICAL_VLAN,
    "routed": Flavor.IP_LESS_ROUTED,
    "mac-filtered": Flavor.MAC_FILTERED,
}
_TYPES: Final = {flavor: word for word, flavor in FLAVORS.items()}


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """As Neutron tells it."""

    network_type: str = ""
    physical_network: str = ""
    segmentation_id: int | None = None


def checked(wanted: Provider) -> tuple[str, str, str]:
    """The flavor, the mode, the link. Raises :class:`InvalidInput`."""
    if wanted.network_type not in FLAVORS:
        raise InvalidInput(reason=f"provider:network_type must be one of {', '.join(FLAVORS)}.")
    if wanted.segmentation_id is not None:
        raise InvalidInput(reason="provider:segmentation_id is given out here, or the bridge's affair. Leave it out.")
    if not wanted.physical_network:
        raise InvalidInput(reason="provider:physical_network must name the bridge, or the routing table, on the nodes.")
    flavor = FLAVORS[wanted.network_type]
    return flavor, "routed" if flavor == Flavor.IP_LESS_ROUTED else "bridged", wanted.physical_network


def told(*, flavor: str, mode: str, link: str, mac_prefix: str) -> Provider:
    word = _TYPES.get(flavor) or ("routed" if mode == "routed" else "flat")
    own = flavor == Flavor.MAC_FILTERED and mac_prefix
    number = int.from_bytes(bytes.fromhex(mac_prefix.replace(":", ""))[1:], "big") if own else None
    return Provider(network_type=word, physical_network=link, segmentation_id=number)


def of_types(words: Sequence[str]) -> Q:
    """The networks that are told so."""
    chosen = Q(flavor__in=[FLAVORS[word] for word in words if word in FLAVORS])
    for word, mode in (("routed", Q(mode="routed")), ("flat", ~Q(mode="routed"))):
        chosen |= Q(flavor="") & mode if word in words else Q(pk__in=[])
    return chosen


def of_segments(numbers: Sequence[int]) -> Q:
    chosen = Q(pk__in=[])
    for number in numbers:
        if number < 1 << 16:
            ending = number.to_bytes(2, "big").hex(":")
            chosen |= Q(flavor=Flavor.MAC_FILTERED, mac_prefix__iendswith=ending)
    return chosen
