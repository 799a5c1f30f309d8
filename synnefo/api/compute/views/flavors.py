"""Flavors, and their extra specs."""

from collections.abc import Mapping
from typing import TypedDict

from logic.compute import flavors, queries
from logic.compute.infos import FlavorInfo
from logic.errors import NotFound
from synnefo.api.compute.render import flavors as render
from synnefo.api.compute.render.flavors import Flavor, FlavorBrief
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.requests import flavors as requests
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, SORT, Shape, Whole, describes
from synnefo.api.kernel.paging import Page


class FlavorAccess(TypedDict):
    flavor_id: str
    tenant_id: str


SORTED = {
    "flavorid": "id",
    "memory_mb": "ram",
    "root_gb": "disk",
    **{name: name for name in ("id", "name", "vcpus", "is_public", "disabled")},
}


QUERY: Mapping[str, Shape] = {**PAGE, **SORT, "is_public": str, "minRam": Whole, "minDisk": Whole}


@describes(gives=paged("flavors", FlavorBrief), query=QUERY)
def list_flavors(call: Call) -> Answer:
    page, found = _page(call)
    body = {"flavors": [render.brief(flavor, frame(call)) for flavor in found]}
    return Answer(200, body | _more(call, page, found))


@describes(gives=paged("flavors", Flavor), query=QUERY)
def list_flavors_in_detail(call: Call) -> Answer:
    page, found = _page(call)
    body = {"flavors": [render.full(flavor, frame(call)) for flavor in found]}
    return Answer(200, body | _more(call, page, found))


def _page(call: Call) -> tuple[Page, list[FlavorInfo]]:
    page, query = paging.page(call), call.query
    found = queries.flavors(
        call.caller,
        is_public=query.flag("is_public") if "is_public" in query else True,
        min_ram=query.number("minRam", 0),
        min_disk=query.number("minDisk", 0),
        sort=paging.sorting(call, SORTED, way="asc"),
        limit=page.limit,
        marker=page.marker,
    )
    return page, found


def _more(call: Call, page: Page, found: list[FlavorInfo]) -> dict[str, list[dict[str, str]]]:
    links = paging.next_link(call, [flavor.id for flavor in found], page)
    return {"flavors_links": links} if links else {}


@describes(gives={"flavor": Flavor})
def show_flavor(call: Call, flavor_id: str) -> Answer:
    return Answer(200, {"flavor": render.full(queries.flavor(call.caller, flavor_id), frame(call))})


@describes(takes=requests.Body, gives={"flavor": Flavor})
def create_flavor(call: Call) -> Answer:
    flavor = flavors.create_flavor(call.caller, requests.creation(call))
    return Answer(200, {"flavor": render.full(flavor, frame(call))})


@describes(takes=requests.DescribedBody, gives={"flavor": Flavor})
def describe_flavor(call: Call, flavor_id: str) -> Answer:
    description = call.decode(requests.DescribedBody).flavor.description
    flavor = flavors.describe_flavor(call.caller, flavor_id, description)
    return Answer(200, {"flavor": render.full(flavor, frame(call))})


@describes(status=202)
def delete_flavor(call: Call, flavor_id: str) -> Answer:
    flavors.delete_flavor(call.caller, flavor_id)
    return Answer(202)


@describes(gives={"extra_specs": dict[str, str]})
def list_extra_specs(call: Call, flavor_id: str) -> Answer:
    return Answer(200, {"extra_specs": queries.flavor(call.caller, flavor_id).extra_specs})


@describes(gives=dict[str, str])
def show_extra_spec(call: Call, flavor_id: str, key: str) -> Answer:
    specs = queries.flavor(call.caller, flavor_id).extra_specs
    if key not in specs:
        raise NotFound(kind="extra spec", id=key)
    return Answer(200, {key: specs[key]})


@describes(takes=requests.Specs, gives={"extra_specs": dict[str, str]})
def set_extra_specs(call: Call, flavor_id: str) -> Answer:
    wanted = requests.specs(call)
    flavors.set_extra_specs(call.caller, flavor_id, wanted, checked=call.at_least(Since.SPECS_CHECKED))
    return Answer(200, {"extra_specs": wanted})


@describes(takes=dict[str, str], gives=dict[str, str])
def set_extra_spec(call: Call, flavor_id: str, key: str) -> Answer:
    wanted = requests.spec(call, key)
    flavors.set_extra_specs(call.caller, flavor_id, wanted, checked=call.at_least(Since.SPECS_CHECKED))
    return Answer(200, wanted)


@describes()
def delete_extra_spec(call: Call, flavor_id: str, key: str) -> Answer:
    flavors.delete_extra_spec(call.caller, flavor_id, key)
    return Answer(200)


@describes(gives={"flavor_access": list[FlavorAccess]})
def list_flavor_access(call: Call, flavor_id: str) -> Answer:
    return _access(flavor_id, flavors.access(call.caller, flavor_id))


ACTIONS: Shape = ({"addTenantAccess": requests.Access}, {"removeTenantAccess": requests.Access})


@describes(takes=ACTIONS, gives={"flavor_access": list[FlavorAccess]})
def act_on_flavor(call: Call, flavor_id: str) -> Answer:
    action, project = requests.access(call)
    change = flavors.open_to if action == "addTenantAccess" else flavors.close_to
    return _access(flavor_id, change(call.caller, flavor_id, project))


def _access(id: str, projects: list[str]) -> Answer:
    return Answer(200, {"flavor_access": [{"flavor_id": id, "tenant_id": project} for project in projects]})
