"""The catalog: computed from the services that are mounted, so that it lists only what answers, and what an operator added.

Ids of built-in entries are derived from the names, hence the same in every process.
"""

import hashlib
from typing import Any

from django.conf import settings

from logic.identity.infos import EndpointInfo
from logic.identity.queries.catalog import answering
from synnefo.api.services import SERVICES

INTERFACES = ("public", "internal", "admin")


def catalog(base_url: str, project: str = "", user: str = "") -> list[dict[str, Any]]:
    """As it stands in a token for this project and user."""
    ours = [{**_service(type, name), "endpoints": _endpoints(type, base_url + path)} for type, name, path in _entries()]
    added = [
        {"id": service.id, "type": service.type, "name": service.name, "endpoints": [_brief(one) for one in endpoints]}
        for service, endpoints in answering(project, user)
    ]
    return ours + added


def _brief(info: EndpointInfo) -> dict[str, Any]:
    region = info.region or None
    return {"id": info.id, "interface": info.interface, "region": region, "region_id": region, "url": info.url}


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


def service_ids() -> frozenset[str]:
    return frozenset(_id("service", type) for type, _, _ in _entries())


def endpoint_ids() -> frozenset[str]:
    return frozenset(_id("endpoint", type, interface) for type, _, _ in _entries() for interface in INTERFACES)


def _id(*names: str) -> str:
    return hashlib.sha256("/".join(names).encode()).hexdigest()[:32]
