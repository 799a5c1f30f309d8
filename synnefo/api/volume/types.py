"""The one type of volumes: a disk as the cluster's disks are. Which kind that is, the first server decides."""

from typing import Any, Final

TYPE: Final[dict[str, Any]] = {
    "id": "0d3c3c5e-8a0f-4b59-9d3b-6a1f6f0a7c11",
    "name": "default",
    "description": "A disk like those of the server that it is first attached to.",
    "is_public": True,
    "os-volume-type-access:is_public": True,
    "extra_specs": {},
    "qos_specs_id": None,
}
