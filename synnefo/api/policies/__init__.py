"""The operations of compute, image, network and volume by OpenStack's names, so that a site may say in ``policy.yaml`` who may.

Imported by the settings, which need all names before they read that file, and asked by the kernel before a view: no model, no
view and no facade is imported here. Identity asks by name in its commands: ``logic.identity.rules``.
"""

from typing import Final

from synnefo.api.policies import compute, image, network, volume
from synnefo.api.policies.tables import Table

TABLES: Final[dict[str, Table]] = {  # by the name of the service's dialect
    "compute": compute.TABLE,
    "image": image.TABLE,
    "network": network.TABLE,
    "volume": volume.TABLE,
}
