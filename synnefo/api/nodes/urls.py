"""Its one address. Who asks shows the key of a cluster, not a token."""

from django.urls import URLPattern

from synnefo.api.kernel.dialects import NODES
from synnefo.api.kernel.routing import route
from synnefo.api.nodes import views

urlpatterns: list[URLPattern] = [route("v1/interfaces", NODES, auth=False, POST=views.interfaces)]
