"""What becomes of floating addresses when their network is to go. Called by ``logic.network.commands`` in its transaction."""

from django.db.models import Q

from logic.ledger.store import store
from logic.network import tagging
from logic.network.models import Address, FloatingAddress, Network
from logic.network.states import Observed


def give_up(network: Network) -> bool:
    """Those that stand for nothing go with their network, as Neutron's do. Are all gone?"""
    rows = FloatingAddress.objects.filter(address__subnet__network=network)
    if rows.exclude(Q(port=None) | Q(port__observed=Observed.GONE)).exists():
        return False
    held = dict(rows.values_list("pk", "address"))
    FloatingAddress.objects.filter(pk__in=held).delete()
    Address.objects.filter(pk__in=held.values()).delete()
    tagging.forget(list(held))
    store().release(list(held))
    return True
