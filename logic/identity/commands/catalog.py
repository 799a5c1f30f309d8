"""What an operator adds to the catalog: regions, services and endpoints beside the built-in ones, which follow from what is
mounted and are nobody's to change. ``built_in``: the ids of those, which the facade knows."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from django.conf import settings

from logic.access import Caller
from logic.errors import BadRequest, Duplicate
from logic.identity.commands.rows import changed, extended, held, saved
from logic.identity.infos import EndpointInfo, RegionInfo, ServiceInfo
from logic.identity.models import Endpoint, Region, Service, new_id
from logic.identity.queries.catalog import check_region, endpoint_info, fits, region_info, service_info
from logic.identity.refusals import BuiltIn, InUse
from logic.policy import permit
from logic.transactions import atomically


class RegionFields(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is, or have none."""

    description: str | None = None
    parent: str | None = None
    extra: Mapping[str, Any] = {}


class ServiceFields(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is, or have none. A new one has a ``type``."""

    type: str | None = None
    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    extra: Mapping[str, Any] = {}


class EndpointFields(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is, or have none. A new one has a service, an interface and a URL. ``new_region``: it is made if there
    is none of that name."""

    service: str | None = None
    interface: str | None = None
    region: str | None = None
    new_region: str | None = None
    url: str | None = None
    enabled: bool | None = None
    extra: Mapping[str, Any] = {}


@atomically
def create_region(caller: Caller, id: str, fields: RegionFields) -> RegionInfo:
    """``id`` empty: one is made up. Raises :class:`Forbidden`, :class:`Duplicate`, :class:`NotFound` for the parent."""
    permit(caller, "identity:create_region")
    if id and (id == settings.REGION or Region.objects.select_for_update().filter(pk=id).exists()):
        raise Duplicate(kind="region", id=id)
    row = Region(pk=id or new_id(), extra=extended(None, fields.extra))
    _describe(row, fields)
    return region_info(saved(row, "region", row.pk, new=True))


@atomically
def change_region(caller: Caller, id: str, fields: RegionFields) -> RegionInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`, :class:`BuiltIn`."""
    permit(caller, "identity:update_region")
    row = _region(id)
    row.extra = extended(row.extra, fields.extra)
    _describe(row, fields)
    row.save()
    return region_info(row)


def _describe(row: Region, fields: RegionFields) -> None:
    if fields.parent:
        check_region(fields.parent)
        above = fields.parent
        while above:
            if above == row.pk:
                raise BadRequest(reason="A region is not below itself. Choose another region.parent_region_id.")
            above = Region.objects.filter(pk=above).values_list("parent", flat=True).first() or ""
    changed(row, {"description": fields.description, "parent": fields.parent})


@atomically
def delete_region(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BuiltIn`, :class:`InUse` while something is in it."""
    permit(caller, "identity:delete_region")
    row = _region(id)
    if Region.objects.filter(parent=id).exists():
        raise InUse(kind="region", id=id, by="there are regions below it")
    if Endpoint.objects.filter(region=id).exists():
        raise InUse(kind="region", id=id, by="there are endpoints in it")
    row.delete()


def _region(id: str) -> Region:
    if id == settings.REGION:
        raise BuiltIn(kind="region", id=id)
    return held(Region, "region", id)


@atomically
def create_service(caller: Caller, fields: ServiceFields) -> ServiceInfo:
    """Raises :class:`Forbidden`, :class:`BadRequest`."""
    permit(caller, "identity:create_service")
    row = Service()
    changed(row, msgspec.structs.asdict(fields))
    row.save(force_insert=True)
    return service_info(row)


@atomically
def change_service(caller: Caller, id: str, fields: ServiceFields, built_in: Collection[str]) -> ServiceInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`, :class:`BuiltIn`."""
    permit(caller, "identity:update_service")
    _check("service", id, built_in)
    row = held(Service, "service", id)
    changed(row, msgspec.structs.asdict(fields))
    row.save()
    return service_info(row)


@atomically
def delete_service(caller: Caller, id: str, built_in: Collection[str]) -> None:
    """With its endpoints. Raises :class:`Forbidden`, :class:`NotFound`, :class:`BuiltIn`."""
    permit(caller, "identity:delete_service")
    _check("service", id, built_in)
    held(Service, "service", id).delete()


@atomically
def create_endpoint(caller: Caller, fields: EndpointFields, built_in: Collection[str]) -> EndpointInfo:
    """Raises :class:`Forbidden`, :class:`NotFound` for the region, :class:`BadRequest`, :class:`BuiltIn`."""
    permit(caller, "identity:create_endpoint")
    row = Endpoint()
    _place(row, fields, built_in)
    row.save(force_insert=True)
    return endpoint_info(row)


@atomically
def change_endpoint(
    caller: Caller, id: str, fields: EndpointFields, services: Collection[str], built_in: Collection[str]
) -> EndpointInfo:
    """``services``: the built-in ones. Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`, :class:`BuiltIn`."""
    permit(caller, "identity:update_endpoint")
    _check("endpoint", id, built_in)
    row = held(Endpoint, "endpoint", id)
    _place(row, fields, services)
    row.save()
    return endpoint_info(row)


def _place(row: Endpoint, fields: EndpointFields, built_in: Collection[str]) -> None:
    columns = msgspec.structs.asdict(fields)
    service, region, new = columns.pop("service"), columns.pop("region"), columns.pop("new_region")
    if service is not None:
        _check("service", service, built_in)
        found = Service.objects.select_for_update().filter(pk=service).first()
        if found is None:
            raise BadRequest(reason="There is no service of the id that endpoint.service_id tells.")
        row.service = found
    if region:
        check_region(region)
    elif new and new != settings.REGION:
        Region.objects.get_or_create(pk=new)
    changed(row, columns | {"region": region or new})
    if not fits(row.url):
        raise BadRequest(reason="An endpoint's URL has places for project_id, tenant_id and user_id only.")


@atomically
def delete_endpoint(caller: Caller, id: str, built_in: Collection[str]) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BuiltIn`."""
    permit(caller, "identity:delete_endpoint")
    _check("endpoint", id, built_in)
    held(Endpoint, "endpoint", id).delete()


def _check(kind: str, id: str, built_in: Collection[str]) -> None:
    """Raises :class:`BuiltIn`."""
    if id in built_in:
        raise BuiltIn(kind=kind, id=id)
