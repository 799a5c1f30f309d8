"""Every address of the API process: the mounted services, what nodes ask, health and metrics, the page of consoles. Its
WebSocket is ``synnefo.console.endpoint``'s."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from synnefo import health
from synnefo.api import root
from synnefo.api.kernel.dialects import NODES
from synnefo.api.kernel.routing import mounted, route, unknown
from synnefo.api.openapi.serving import documents
from synnefo.api.services import IDENTITY, SERVICES
from synnefo.console import pages

urlpatterns: list[URLPattern | URLResolver] = [
    *documents(),
    *[mounted(service.mount, include(service.urls), service.dialect) for service in SERVICES],
    mounted("nodes", include("synnefo.api.nodes.urls"), NODES),
    re_path(r"^health/?$", health.health),
    re_path(r"^metrics/?$", health.metrics),
    re_path(r"^console/(?P<name>[\w.-]*)$", pages.page),
    path("console/novnc/<path:name>", pages.library),
    route("", IDENTITY.dialect, auth=False, GET=root.show),
    unknown(IDENTITY.dialect),
]
