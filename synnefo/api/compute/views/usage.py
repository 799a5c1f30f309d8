"""What projects have used; and the log of audits, which nobody runs here."""

import datetime
from typing import NotRequired

from logic import clock
from logic.compute import usage
from logic.compute.usage import ServerUsage, Span
from logic.errors import BadRequest, NotFound
from logic.placement import queries as placement
from synnefo.api.compute.render import usage as render
from synnefo.api.compute.render.usage import AuditLog, Usage
from synnefo.api.compute.requests.usage import audited, span
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import Links, Nothing, paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, Shape, describes
from synnefo.api.kernel.paging import Page


@describes(gives=paged("tenant_usages", Usage), query={**PAGE, "detailed": str, "end": str, "start": str})
def list_usage(call: Call) -> Answer:
    asked, detailed = span(call), call.query.one("detailed") == "1"
    page, found = _page(call, asked)
    projects: dict[str, list[ServerUsage]] = {}
    for one in found:
        projects.setdefault(one.project, []).append(one)
    views = [render.project(id, servers, asked, detailed=detailed) for id, servers in projects.items()]
    return Answer(200, {"tenant_usages": views} | _more(call, "tenant_usages_links", page, found))


USED: Shape = ({"tenant_usage": Usage, "tenant_usage_links": NotRequired[Links]}, {"tenant_usage": Nothing})


@describes(gives=USED, query={**PAGE, "end": str, "start": str})
def show_usage(call: Call, project: str = "") -> Answer:
    """Of who has used nothing, nothing."""
    if not project:
        raise NotFound(kind="project", id=project)
    asked = span(call)
    page, found = _page(call, asked, project)
    view = render.project(project, found, asked, detailed=True) if found else {}
    return Answer(200, {"tenant_usage": view} | _more(call, "tenant_usage_links", page, found))


def _page(call: Call, asked: Span, project: str = "") -> tuple[Page, list[ServerUsage]]:
    """Below 2.40 all of it is one."""
    page = paging.page(call) if call.at_least(Since.USAGE_PAGES) else Page(0, "")
    return page, usage.used(call.caller, asked, project, limit=page.limit, marker=page.marker)


def _more(call: Call, key: str, page: Page, found: list[ServerUsage]) -> dict[str, list[dict[str, str]]]:
    links = paging.next_link(call, [one.server for one in found], page) if page.limit else []
    return {key: links} if links else {}


@describes(gives={"instance_usage_audit_logs": AuditLog})
def list_audits(_: Call) -> Answer:
    """Of the month before the present one."""
    return Answer(200, {"instance_usage_audit_logs": _audits(clock.now())})


@describes(gives={"instance_usage_audit_log": AuditLog})
def show_audit(_: Call, moment: str) -> Answer:
    """Of the month before that of a moment."""
    return Answer(200, {"instance_usage_audit_log": _audits(audited(moment))})


def _audits(before: datetime.datetime) -> dict[str, object]:
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if end.year == datetime.MINYEAR:
        raise BadRequest(reason="There was no month before that.")
    begin = (end - datetime.timedelta(days=1)).replace(day=1)
    return render.audits([one.name for one in placement.backends()], begin, end)
