"""The services that are mounted. The catalog, the addresses and the version documents all follow from this list.

To add one: its package with a ``urls.py``, and a line in :data:`SERVICES`.
"""

import msgspec

from synnefo.api.kernel.dialects import CINDER, GLANCE, KEYSTONE, NEUTRON, NOVA, Dialect
from synnefo.api.kernel.versions import Versions

# What each number changes is in ``synnefo.api.compute.versions``; facades do not know each other, so the range is here.
NOVA_VERSIONS = Versions("compute", (2, 1), (2, 100), legacy="X-OpenStack-Nova-API-Version")


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
    dialect=msgspec.structs.replace(NOVA, versions=NOVA_VERSIONS),
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
VOLUME = Service(
    entries=(("block-storage", "cinder"), ("volumev3", "cinderv3")),
    mount="volume",
    path="/volume/v3",
    urls="synnefo.api.volume.urls",
    dialect=CINDER,
)
SERVICES = (IDENTITY, COMPUTE, IMAGE, NETWORK, VOLUME)
