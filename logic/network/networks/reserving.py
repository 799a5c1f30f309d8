"""What a tenant's network is on the nodes' wires, and that no other is the same: the first bytes of its MACs on a bridge that
such networks share, or a bridge of its own. Settings ``TENANT_NETWORK_FLAVOR``, ``TENANT_NETWORK_LINKS``,
``TENANT_MAC_BASE``.

Called by ``commands`` inside their transaction. One column, which is unique, says what is taken: two that want the same at
once wait for each other, and only one has it. It is free again when the network is gone from all clusters; that is seen to by
whoever reserves next.
"""

from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from logic import clock
from logic.errors import BadRequest
from logic.network import connection_states as connections
from logic.network.models import BackendNetwork, Flavor, Network, Port
from logic.network.refusals import NoNetworkAvailable

TRIES: Final = 16
PREFIXES: Final = 65536
AGAIN_IN: Final = 60  # seconds


def settle(network: Network) -> None:
    """Write the new row of a network that says nothing of where it is: as the settings have tenants' networks. Raises
    :class:`BadRequest`, :class:`NoNetworkAvailable`."""
    links, flavor = settings.TENANT_NETWORK_LINKS, settings.TENANT_NETWORK_FLAVOR
    if not links:
        raise BadRequest(reason="Networks of this cloud are made by its operators, not over this API.")
    free()
    network.flavor = flavor
    if flavor == Flavor.MAC_FILTERED:
        network.link = links[0]
        reserve_prefix(network)
    else:
        _reserve_link(network, links)


def reserve_prefix(network: Network) -> None:
    """Write the new row with a prefix of MACs that no other has. Raises :class:`NoNetworkAvailable`."""
    used = set(Network.objects.filter(deleted_at=None).exclude(mac_prefix="").values_list("mac_prefix", flat=True))
    for prefix in _prefixes():
        network.mac_prefix = prefix
        if prefix not in used and _written(network, f"mac {prefix}"):
            return
    raise NoNetworkAvailable(retry_after=AGAIN_IN)


def free() -> None:
    """What networks had that were deleted and are nowhere any more."""
    somewhere = BackendNetwork.objects.exclude(observed=connections.Observed.NONE, command="", fault="")
    gone = Network.objects.filter(deleted_at__isnull=False, reserved__isnull=False)
    held = Port.objects.filter(network=OuterRef("pk")).exclude(observed="gone")  # made while it was being deleted
    gone.exclude(pk__in=somewhere.values("network")).filter(~Exists(held)).update(reserved=None)


def _reserve_link(network: Network, links: list[str]) -> None:
    used = set(Network.objects.filter(deleted_at=None).exclude(link="").values_list("link", flat=True))
    for link in links:
        network.link = link
        if link not in used and _written(network, f"link {link}"):
            return
    raise NoNetworkAvailable(retry_after=AGAIN_IN)


def _written(network: Network, reserved: str) -> bool:
    """Was it free? Who takes the same one at the same time waits here."""
    network.reserved = reserved
    try:
        with transaction.atomic():
            network.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _prefixes() -> Iterator[str]:
    """Any, and when these are all in use, one after the other."""
    base = settings.TENANT_MAC_BASE
    for _ in range(TRIES):
        yield ":".join([base, *(f"{byte:02x}" for byte in clock.new_uuid().bytes[:2])])
    taken = set(Network.objects.exclude(reserved=None).values_list("mac_prefix", flat=True))
    for number in range(PREFIXES):
        prefix = f"{base}:{number >> 8:02x}:{number & 0xFF:02x}"
        if prefix not in taken:
            yield prefix
