"""What the suite has to know of a cloud: an administrator, two images, two flavors and a network to the outside.

Asked with the SDK, as anybody would, of a cloud that ``make run`` started or of one that is there.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
import openstack


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """``flavor_alt`` is the larger one; ``public`` is empty where nothing leads outside; ``extensions`` are the network's."""

    identity: str
    password: str
    project: str
    user: str
    region: str
    images: tuple[str, str]
    flavor: str
    flavor_alt: str
    public: str
    public_name: str
    extensions: list[str]
    compute: str
    volume: str


def find(clouds: Path, cloud: str = "synnefo-admin") -> Found:
    """Raises ``LookupError`` when there are not two images, and two flavors with room for both."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    with openstack.connect(cloud=cloud) as there:
        auth = there.config.get_auth_args()
        images = sorted((one.min_disk, one.id) for one in there.image.images())
        least = max([disk for disk, _ in images[:2]], default=0)  # servers are rebuilt from either
        flavors = sorted((one.ram, one.disk, one.id) for one in there.compute.flavors() if one.disk >= least)
        if len(images) < 2 or len(flavors) < 2:  # noqa: PLR2004
            raise LookupError("the suite needs two images and two flavors")
        public = next(iter(there.network.networks(is_router_external=True)), None)
        extensions = sorted(one.alias for one in there.network.extensions())
        return Found(
            identity=auth["auth_url"],
            password=auth["password"],
            project=auth["project_name"],
            user=auth["username"],
            region=there.config.get_region_name() or "",
            images=(images[0][1], images[1][1]),
            flavor=flavors[0][2],
            flavor_alt=flavors[1][2],
            public=public.id if public else "",
            public_name=public.name if public else "",
            extensions=extensions,
            compute=_highest(there.compute),
            volume=_highest(there.block_storage),
        )


def _highest(service: Any) -> str:
    """The highest microversion, as the suite writes it."""
    return "{}.{}".format(*service.get_endpoint_data().max_microversion)
