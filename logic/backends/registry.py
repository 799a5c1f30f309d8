"""Kind → the module of its adapter, literally. ``logic.placement`` rows name the kind.

Each module has its adapter class and ``ORDERS``, its dispatch table from command types to what carries them out.
"""

from collections.abc import Set
from importlib import import_module

from logic.messages.commands import Command

KINDS: dict[str, str] = {
    "ganeti": "logic.backends.ganeti",
}


def capabilities(kind: str) -> Set[type[Command]]:
    """What backends of this kind can do, without making one."""
    orders: dict[type[Command], object] = import_module(KINDS[kind]).ORDERS
    return orders.keys()
