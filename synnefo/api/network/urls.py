"""Neutron's addresses, below ``/network``. Those that would change something say why they do not."""

import functools

from django.urls import URLPattern

from synnefo.api.kernel.dialects import NEUTRON
from synnefo.api.kernel.handling import View
from synnefo.api.kernel.routing import route
from synnefo.api.network import quotas, routers, views
from synnefo.api.network.resources import ABSENT, RESOURCES, Resource

neutron = functools.partial(route, dialect=NEUTRON)


def _collection(resource: Resource) -> list[URLPattern]:
    def of(view: View) -> View:
        return functools.partial(view, resource=resource)

    refused = of(views.unchangeable)
    one = f"v2.0/{resource.path}/<id>"
    delete = resource.delete or refused
    return [
        neutron(f"v2.0/{resource.path}", GET=of(views.index), POST=resource.create or of(views.unmakeable)),
        neutron(one, GET=of(views.show), DELETE=delete)
        if resource.immutable
        else neutron(one, GET=of(views.show), PUT=resource.update or refused, DELETE=delete),
    ]


def _absent(collection: str, what: str, advice: str) -> list[URLPattern]:
    """What Neutron has and this cloud has not is said so, however it is asked for."""
    view = functools.partial(views.absent, what=what, advice=advice)
    return [
        neutron(f"v2.0/{collection}{rest}", GET=view, POST=view, PUT=view, DELETE=view)
        for rest in ("", "/<id>", "/<id>/<action>")
    ]


urlpatterns: list[URLPattern] = [
    neutron("", auth=False, GET=views.versions),
    neutron("v2.0", auth=False, GET=views.contents),
    neutron("v2.0/availability_zones", GET=views.zones),
    neutron("v2.0/extensions", GET=views.extensions),
    neutron("v2.0/extensions/<alias>", GET=views.extension),
    neutron("v2.0/quotas/<project>", GET=quotas.show, PUT=quotas.unchangeable, DELETE=quotas.unchangeable),
    neutron("v2.0/quotas/<project>/default", GET=quotas.default),
    neutron("v2.0/quotas/<project>/details", GET=quotas.details),
    neutron("v2.0/quotas/<project>/details.json", GET=quotas.details),
    *[neutron(f"v2.0/routers/<id>/{name}", PUT=view) for name, view in routers.ACTIONS.items()],
    *[pattern for resource in RESOURCES for pattern in _collection(resource)],
    *[pattern for collection, (what, advice) in ABSENT.items() for pattern in _absent(collection, what, advice)],
]
