"""Neutron's addresses, below ``/network``. Those that would change something say why they do not."""

import functools
from collections.abc import Mapping

from django.urls import URLPattern

from synnefo.api.kernel.describing import PAGE, SORT, Shape, describes, refusing
from synnefo.api.kernel.dialects import NEUTRON
from synnefo.api.kernel.handling import View
from synnefo.api.kernel.routing import route
from synnefo.api.network import addresses, quotas, routers, tags, views
from synnefo.api.network.answers.words import alone, page
from synnefo.api.network.resources import ABSENT, RESOURCES, Resource

neutron = functools.partial(route, dialect=NEUTRON)


def _collection(resource: Resource) -> list[URLPattern]:
    def of(view: View) -> View:
        return functools.partial(view, resource=resource)

    def changing(view: View | None) -> View:
        if view is None:
            return of(views.unchangeable)
        return refusing(412)(functools.partial(views.changed, resource=resource, view=view))  # with If-Match

    one = f"v2.0/{resource.path}/<id>"
    index = describes(gives=page(resource.plural, resource.shape), query=_query(resource))(of(views.index))
    show = describes(gives=alone(resource.name, resource.shape), query=["fields"])(of(views.show))
    create = functools.partial(views.made, resource=resource, view=resource.create) if resource.create else None
    delete = changing(resource.delete)
    found = [
        neutron(f"v2.0/{resource.path}", GET=index, POST=create or of(views.unmakeable)),
        neutron(one, GET=show, DELETE=delete)
        if resource.immutable
        else neutron(one, GET=show, PUT=changing(resource.update), DELETE=delete),
    ]
    if resource.tagged:
        found.append(
            neutron(
                f"{one}/tags", GET=of(tags.index), PUT=of(tags.replace), POST=of(tags.extend), DELETE=of(tags.clear)
            )
        )
        found.append(neutron(f"{one}/tags/<tag>", GET=of(tags.show), PUT=of(tags.add), DELETE=of(tags.remove)))
    return found


def _query(resource: Resource) -> Mapping[str, Shape]:
    return {**dict.fromkeys([*resource.filters, "fields", "page_reverse"], str), **PAGE, **SORT}


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
    neutron("v2.0/quotas", GET=quotas.index),
    neutron("v2.0/quotas/<project>", GET=quotas.show, PUT=quotas.update, DELETE=quotas.reset),
    neutron("v2.0/quotas/<project>/default", GET=quotas.default),
    neutron("v2.0/quotas/<project>/details", GET=quotas.details),
    neutron("v2.0/quotas/<project>/details.json", GET=quotas.details),
    *[neutron(f"v2.0/routers/<id>/{name}", PUT=view) for name, view in routers.ACTIONS.items()],
    *[neutron(f"v2.0/address-groups/<id>/{name}", PUT=view) for name, view in addresses.ACTIONS.items()],
    *[pattern for resource in RESOURCES for pattern in _collection(resource)],
    *[pattern for collection, (what, advice) in ABSENT.items() for pattern in _absent(collection, what, advice)],
]
