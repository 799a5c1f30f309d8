"""The services that are mounted. The catalog, the addresses and the version documents all follow from this list.

To add one: its package with a ``urls.py``, and a line in :data:`SERVICES`.
"""

import msgspec

from synnefo.api.compute.versions import COMPUTE as NOVA
from synnefo.api.kernel.dialects import GLANCE, KEYSTONE, NEUTRON, Dialect


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """``entries`` are (type, name) in the catalog, as clients look for them; ``mount`` is where the routes of ``urls``
    begin, ``path`` where the catalog points."""

    entries: tuple[tuple[str, str], ...]
    mount: str
    path: str
    urls: str
    dialect: Dialect


IDENTITY = Service(
    entries=(("identity", "keystone"),),
    mount="identity",
    path="/identity",
    urls="synnefo.api.identity.urls",
    dialect=KEYSTONE,
)
COMPUTE = Service(
    entries=(("compute", "nova"),),
    mount="compute",
    path="/compute/v2.1",
    urls="synnefo.api.compute.urls",
    dialect=NOVA,
)
IMAGE = Service(
    entries=(("image", "glance"),), mount="image", path="/image", urls="synnefo.api.image.urls", dialect=GLANCE
)
NETWORK = Service(
    entries=(("network", "neutron"),),
    mount="network",
    path="/network",
    urls="synnefo.api.network.urls",
    dialect=NEUTRON,
)
SERVICES = (IDENTITY, COMPUTE, IMAGE, NETWORK)
