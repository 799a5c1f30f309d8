"""Reading what an operator added to the catalog, and documents kept for other services."""

import re
from collections.abc import Mapping

from django.conf import settings

from logic.access import Caller
from logic.errors import NotFound
from logic.identity.infos import EndpointInfo, PolicyInfo, RegionInfo, ServiceInfo
from logic.identity.models import Endpoint, Policy, Region, Service
from logic.identity.queries.listing import ALL, Listing, listed, one
from logic.policy import permit

_PLACES = re.compile(r"[$%]\((\w+)\)s")


def regions(caller: Caller) -> list[RegionInfo]:
    """The built-in one first."""
    permit(caller, "identity:list_regions")
    return [built_in_region(), *(region_info(row) for row in Region.objects.all())]


def region(caller: Caller, id: str) -> RegionInfo:
    """Raises :class:`NotFound`."""
    permit(caller, "identity:get_region")
    return built_in_region() if id == settings.REGION else region_info(one(Region.objects.all(), "region", id))


def built_in_region() -> RegionInfo:
    return RegionInfo(id=settings.REGION)


def services(caller: Caller) -> list[ServiceInfo]:
    """Without the built-in ones, which follow from what is mounted."""
    permit(caller, "identity:list_services")
    return [service_info(row) for row in Service.objects.all()]


def endpoints(caller: Caller) -> list[EndpointInfo]:
    """Without those of built-in services."""
    permit(caller, "identity:list_endpoints")
    return [endpoint_info(row) for row in Endpoint.objects.all()]


def service(caller: Caller, id: str) -> ServiceInfo:
    """Raises :class:`NotFound`."""
    permit(caller, "identity:get_service")
    return service_info(one(Service.objects.all(), "service", id))


def endpoint(caller: Caller, id: str) -> EndpointInfo:
    """Raises :class:`NotFound`."""
    permit(caller, "identity:get_endpoint")
    return endpoint_info(one(Endpoint.objects.all(), "endpoint", id))


def answering(project: str, user: str) -> list[tuple[ServiceInfo, list[EndpointInfo]]]:
    """For the catalog of a token: what is enabled, with the places in addresses filled in. An address that needs a project is
    left out where there is none."""
    known = {"project_id": project, "tenant_id": project, "user_id": user}
    found: dict[str, tuple[ServiceInfo, list[EndpointInfo]]] = {}
    rows = Endpoint.objects.filter(enabled=True, service__enabled=True).select_related("service")
    for row in rows:
        url = _filled(row.url, known)
        if url:
            shown = found.setdefault(row.service_id, (service_info(row.service), []))[1]
            shown.append(endpoint_info(row, url))
    return list(found.values())


def fits(url: str) -> bool:
    """Whether its places can be filled in: nothing of the settings is told by a catalog."""
    return set(_PLACES.findall(url)) <= {"project_id", "tenant_id", "user_id"}


def _filled(url: str, known: Mapping[str, str]) -> str:
    if not all(known.get(name) for name in _PLACES.findall(url)):
        return ""
    return _PLACES.sub(lambda match: known[match[1]], url)


def policies(caller: Caller, asked: Listing = ALL) -> list[PolicyInfo]:
    """A page. Raises :class:`Forbidden`."""
    permit(caller, "identity:list_policies")
    return [policy_info(row) for row in listed(Policy.objects.all(), asked, {"type": "type"}, first="id")]


def policy(caller: Caller, id: str) -> PolicyInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:get_policy")
    return policy_info(one(Policy.objects.all(), "policy", id))


def region_info(row: Region) -> RegionInfo:
    return RegionInfo(id=row.id, description=row.description, parent=row.parent, extra=row.extra or {})


def service_info(row: Service) -> ServiceInfo:
    return ServiceInfo(
        id=row.id,
        type=row.type,
        name=row.name,
        description=row.description,
        enabled=row.enabled,
        extra=row.extra or {},
    )


def endpoint_info(row: Endpoint, url: str = "") -> EndpointInfo:
    return EndpointInfo(
        id=row.id,
        service=row.service_id,
        interface=row.interface,
        region=row.region,
        url=url or row.url,
        enabled=row.enabled,
        extra=row.extra or {},
    )


def policy_info(row: Policy) -> PolicyInfo:
    return PolicyInfo(id=row.id, type=row.type, blob=row.blob, extra=row.extra or {})


def check_region(id: str) -> None:
    """Raises :class:`NotFound`."""
    if id != settings.REGION and not Region.objects.filter(pk=id).exists():
        raise NotFound(kind="region", id=id)
