"""Flavors as Nova shows them."""

from typing import Any

from logic.compute.infos import FlavorInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since


def brief(flavor: FlavorInfo, frame: Frame) -> dict[str, Any]:
    """A line of ``GET /flavors``."""
    return {
        "id": flavor.id,
        "name": flavor.name,
        "links": frame.links("flavors", flavor.id),
        **({"description": flavor.description} if frame.at_least(Since.FLAVOR_DESCRIPTION) else {}),
    }


def full(flavor: FlavorInfo, frame: Frame) -> dict[str, Any]:
    """A line of ``GET /flavors/detail``, and ``GET /flavors/{id}``."""
    return brief(flavor, frame) | {
        "ram": flavor.ram,
        "disk": flavor.disk,
        "vcpus": flavor.vcpus,
        "swap": flavor.swap if flavor.swap or frame.at_least(Since.STRICT) else "",
        "rxtx_factor": flavor.rxtx_factor,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
        "OS-FLV-DISABLED:disabled": flavor.disabled,
        "os-flavor-access:is_public": flavor.is_public,
        **({"extra_specs": flavor.extra_specs} if frame.at_least(Since.FLAVOR_SPECS) else {}),
    }
