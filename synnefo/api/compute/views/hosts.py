"""The clusters: availability zones for everybody, hypervisors for admins."""

import sys

from logic.compute import queries
from logic.errors import NotFound, NotSupported
from logic.placement import queries as placement
from logic.placement.queries import BackendInfo
from synnefo.api.compute.render import hosts as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.hosts import Hypervisor, HypervisorBrief, Statistics, Zone
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes
from synnefo.api.kernel.paging import Page

EVERYTHING = Page(sys.maxsize, "")


@describes(gives={"availabilityZoneInfo": list[Zone]})
def list_zones(_: Call) -> Answer:
    return Answer(200, render.zones(placement.zones()))


@describes(gives={"availabilityZoneInfo": list[Zone]})
def list_zones_in_detail(_: Call) -> Answer:
    return Answer(200, render.zones_in_detail(placement.backends()))


@describes(
    gives=paged("hypervisors", HypervisorBrief),
    query={**PAGE, "hypervisor_hostname_pattern": str, "with_servers": str},
)
def list_hypervisors(call: Call) -> Answer:
    page, found = _page(call)
    servers = _servers(call)
    body = {"hypervisors": [render.hypervisor(one, frame(call), _on(servers, one)) for one in found]}
    return Answer(200, body | _more(call, page, found))


@describes(
    gives=paged("hypervisors", Hypervisor), query={**PAGE, "hypervisor_hostname_pattern": str, "with_servers": str}
)
def list_hypervisors_in_detail(call: Call) -> Answer:
    page, found = _page(call)
    servers, usage = _servers(call), queries.usage()
    views = [render.hypervisor_in_detail(one, usage, frame(call), _on(servers, one)) for one in found]
    return Answer(200, {"hypervisors": views} | _more(call, page, found))


@describes(gives={"hypervisor": Hypervisor})
def show_hypervisor(call: Call, hypervisor: str) -> Answer:
    """By its id, which is a number below 2.53; by its name as well, as clients look for it."""
    for one in placement.backends():
        if hypervisor in {one.name, str(render.identity("hypervisor", one, frame(call)))}:
            servers = _on(_servers(call), one)
            return Answer(200, {"hypervisor": render.hypervisor_in_detail(one, queries.usage(), frame(call), servers)})
    raise NotFound(kind="hypervisor", id=hypervisor)


@describes(gives={"hypervisors": list[HypervisorBrief]})
def search_hypervisors(call: Call, hypervisor: str) -> Answer:
    """Below 2.53: those whose name holds a text."""
    return Answer(200, {"hypervisors": [render.hypervisor(one, frame(call)) for one in _named(hypervisor)]})


@describes(gives={"hypervisors": list[HypervisorBrief]})
def list_servers_of_hypervisors(call: Call, hypervisor: str) -> Answer:
    """Below 2.53 too. One without servers says nothing of them."""
    servers = queries.on_hosts()
    views = [render.hypervisor(one, frame(call), servers.get(one.name, [])) for one in _named(hypervisor)]
    return Answer(200, {"hypervisors": views})


def _named(text: str) -> list[BackendInfo]:
    found = [one for one in placement.backends() if text in one.name]
    if not found:
        raise NotFound(kind="hypervisor", id=text)
    return found


@describes(answers={}, refuses=[501])
def show_uptime(call: Call, hypervisor: str) -> Answer:
    """Below 2.88; clusters do not say it."""
    show_hypervisor(call, hypervisor)
    raise NotSupported(reason="Clusters do not say for how long they have been up.")


@describes(gives={"hypervisor_statistics": Statistics})
def show_statistics(_: Call) -> Answer:
    return Answer(200, render.statistics(placement.backends(), queries.usage()))


def _page(call: Call) -> tuple[Page, list[BackendInfo]]:
    """From 2.33 by pages, from 2.53 those whose name holds a text."""
    found = placement.backends()
    if text := call.query.one("hypervisor_hostname_pattern") if call.at_least(Since.UUIDS) else "":
        found = _named(text)
    if not call.at_least(Since.HYPERVISOR_PAGES):
        return EVERYTHING, found
    page = paging.page(call)
    marked = [place for place, id in enumerate(_ids(call, found), start=1) if id == page.marker]
    if page.marker and not marked:
        raise NotFound(kind="marker", id=page.marker)
    return page, found[max(marked, default=0) :][: page.limit]


def _ids(call: Call, found: list[BackendInfo]) -> list[str]:
    return [str(render.identity("hypervisor", one, frame(call))) for one in found]


def _more(call: Call, page: Page, found: list[BackendInfo]) -> dict[str, list[dict[str, str]]]:
    links = paging.next_link(call, _ids(call, found), page) if call.at_least(Since.HYPERVISOR_PAGES) else []
    return {"hypervisors_links": links} if links else {}


def _servers(call: Call) -> dict[str, list[tuple[str, str]]] | None:
    """By cluster, when asked for."""
    asked = call.at_least(Since.UUIDS) and call.query.flag("with_servers", default=False)
    return queries.on_hosts() if asked else None


def _on(servers: dict[str, list[tuple[str, str]]] | None, backend: BackendInfo) -> list[tuple[str, str]] | None:
    return None if servers is None else servers.get(backend.name, [])
