"""Regions, services, endpoints, policies and limits."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from synnefo.api.identity.requests.words import Id, Name, Text

Place = Annotated[str, Meta(max_length=255)]
Address = Annotated[str, Meta(min_length=1, max_length=2048)]
Interface = Literal["public", "internal", "admin"]
Amount = Annotated[int, Meta(ge=-1, le=2**31 - 1)]


class RegionBody(Struct):
    id: Annotated[str, Meta(max_length=255, pattern="^[^/]*$")] = ""
    description: Text | None = None
    parent_region_id: Place | None = None


class RegionRequest(Struct, forbid_unknown_fields=True):
    region: RegionBody


class ServiceBody(Struct):
    type: Name
    name: Place | None = None
    description: Text | None = None
    enabled: bool = True


class ServiceRequest(Struct, forbid_unknown_fields=True):
    service: ServiceBody


class ServicePatch(Struct):
    type: Name | None = None
    name: Place | None = None
    description: Text | None = None
    enabled: bool | None = None


class ServicePatchRequest(Struct, forbid_unknown_fields=True):
    service: ServicePatch


class EndpointBody(Struct):
    service_id: Id
    interface: Interface
    url: Address
    region_id: Place | None = None
    region: Place | None = None
    enabled: bool = True


class EndpointRequest(Struct, forbid_unknown_fields=True):
    endpoint: EndpointBody


class EndpointPatch(Struct):
    service_id: Id | None = None
    interface: Interface | None = None
    url: Address | None = None
    region_id: Place | None = None
    region: Place | None = None
    enabled: bool | None = None


class EndpointPatchRequest(Struct, forbid_unknown_fields=True):
    endpoint: EndpointPatch


class PolicyBody(Struct):
    blob: Text
    type: Name


class PolicyRequest(Struct, forbid_unknown_fields=True):
    policy: PolicyBody


class PolicyPatch(Struct):
    blob: Text | None = None
    type: Name | None = None


class PolicyPatchRequest(Struct, forbid_unknown_fields=True):
    policy: PolicyPatch


class RegisteredBody(Struct, forbid_unknown_fields=True):
    service_id: Id
    resource_name: Name
    default_limit: Amount
    region_id: Place | None = None
    description: Text | None = None


class RegisteredRequest(Struct, forbid_unknown_fields=True):
    registered_limits: Annotated[list[RegisteredBody], Meta(min_length=1, max_length=100)]


class RegisteredPatch(Struct, forbid_unknown_fields=True):
    service_id: Id | None = None
    resource_name: Name | None = None
    default_limit: Amount | None = None
    region_id: Place | None = None
    description: Text | None = None


class RegisteredPatchRequest(Struct, forbid_unknown_fields=True):
    registered_limit: RegisteredPatch


class LimitBody(Struct, forbid_unknown_fields=True):
    service_id: Id
    resource_name: Name
    resource_limit: Amount
    region_id: Place | None = None
    project_id: Id | None = None
    domain_id: Id | None = None
    description: Text | None = None


class LimitRequest(Struct, forbid_unknown_fields=True):
    limits: Annotated[list[LimitBody], Meta(min_length=1, max_length=100)]


class LimitPatch(Struct, forbid_unknown_fields=True):
    resource_limit: Amount | None = None
    description: Text | None = None


class LimitPatchRequest(Struct, forbid_unknown_fields=True):
    limit: LimitPatch
