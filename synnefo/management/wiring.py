"""What programs and operator commands are made of, by the settings: the pool of threads, the bus, adapters of clusters."""

import os
import socket
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from logic import clock
from logic.backends.base import Backend
from logic.backends.building import Access, Site, builder
from logic.bus import Bus
from logic.bus.amqp import AmqpBus
from logic.bus.memory import MemoryBus
from logic.bus.topology import prefix_of
from logic.configuration.derived import amqp_urls
from logic.db import with_connection
from logic.offload import Offload, Threads


def threads() -> Threads:
    """SQLite has one writer, so one thread writes to it."""
    writers = 1 if connection.vendor == "sqlite" else settings.WRITERS
    return Threads(readers=settings.READERS, writers=writers, callers=settings.CALLERS, around=with_connection)


def bus() -> Bus:
    """Raises :class:`logic.configuration.ConfigurationError` when the broker's settings make no URL."""
    prefix = prefix_of(settings.BACKEND_PREFIX_ID)
    if settings.BUS == "memory":
        return MemoryBus(prefix)
    return AmqpBus(amqp_urls(settings.CONFIGURATION.typed), prefix)


def adapters(offload: Offload) -> Callable[[Access], Backend]:
    """What makes an adapter of a cluster's row. In a program each cluster has threads of its own."""
    prefix, timeout = settings.BACKEND_PREFIX_ID, settings.GANETI_CALL_TIMEOUT
    lane = settings.CALLERS if isinstance(offload, Threads) else 0
    pauses = settings.NODES_PAUSE
    return builder(Site(offload=offload, prefix=prefix, timeout=timeout, lane=lane, pauses=pauses))


def holder() -> str:
    """Who this process is in leases and claims: no two runs have the same."""
    return f"{socket.gethostname()}:{os.getpid()}:{clock.new_token(6)}"
