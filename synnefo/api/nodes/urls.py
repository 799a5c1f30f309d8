"""Its addresses. Who asks shows the key of a cluster, not a token."""

from django.urls import URLPattern

from synnefo.api.kernel.dialects import NODES
from synnefo.api.kernel.routing import route
from synnefo.api.nodes import exports, images, routers, secrets, views

urlpatterns: list[URLPattern] = [
    route("v1/interfaces", NODES, auth=False, POST=views.interfaces),
    route("v1/images/<name>", NODES, auth=False, GET=images.content),
    route("v1/secrets/<id>", NODES, auth=False, GET=secrets.secrets),
    route("v1/exports/<instance>", NODES, auth=False, GET=exports.wanted),
    route("v1/exports/<instance>/<disk>", NODES, auth=False, streaming=("PUT",), PUT=exports.take),
    route("v1/routers", NODES, auth=False, POST=routers.routers),
]
