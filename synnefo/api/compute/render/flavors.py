"""Flavors as Nova shows them."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from logic.compute.infos import FlavorInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel.answers import Links


class FlavorBrief(TypedDict):
    id: str
    name: str
    links: Links
    description: NotRequired[Annotated[str | None, since(Since.FLAVOR_DESCRIPTION)]]


_Extended = TypedDict(
    "_Extended",
    {"OS-FLV-EXT-DATA:ephemeral": int, "OS-FLV-DISABLED:disabled": bool, "os-flavor-access:is_public": bool},
)


class Flavor(FlavorBrief, _Extended):
    """``ram`` and ``swap`` in MiB, ``disk`` and what is ephemeral in GiB. Below 2.75 no swap is an empty text."""

    ram: int
    disk: int
    vcpus: int
    swap: int | Literal[""]
    rxtx_factor: float
    extra_specs: NotRequired[Annotated[dict[str, str], since(Since.FLAVOR_SPECS)]]


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
