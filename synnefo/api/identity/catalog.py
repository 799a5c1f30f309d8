"""The catalog: computed from the services that are mounted, so that it lists only what answers.

Ids are derived from the names, hence the same in every process.
"""

import hashlib
from typing import Any

from django.conf import settings

from synnefo.api.services import SERVICES

INTERFACES = ("public", "internal", "admin")


def catalog(base_url: str) -> list[dict[str, Any]]:
    """As it stands in a token."""
    return [{**_service(type, name), "endpoints": _endpoints(type, base_url + path)} for type, name, path in _entries()]


def _entries() -> list[tuple[str, str, str]]:
    return [(type, name, service.path) for service in SERVICES for type, name in service.entries]


def _service(type: str, name: str) -> dict[str, Any]:
    return {"id": _id("service", type), "type": type, "name": name}


def _endpoints(type: str, url: str) -> list[dict[str, Any]]:
    region = settings.REGION
    return [
        {
            "id": _id("endpoint", type, interface),
            "interface": interface,
            "region": region,
            "region_id": region,
            "url": url,
        }
        for interface in INTERFACES
    ]


def services() -> list[dict[str, Any]]:
    """As resources of their own."""
    return [{**_service(type, name), "description": "", "enabled": True} for type, name, _ in _entries()]


def endpoints(base_url: str) -> list[dict[str, Any]]:
    """As resources of their own."""
    return [
        {**endpoint, "service_id": _id("service", type), "enabled": True}
        for type, _, path in _entries()
        for endpoint in _endpoints(type, base_url + path)
    ]


def regions() -> list[dict[str, Any]]:
    """There is one."""
    return [{"id": settings.REGION, "description": "", "parent_region_id": None}]


def _id(*names: str) -> str:
    return hashlib.sha256("/".join(names).encode()).hexdigest()[:32]
