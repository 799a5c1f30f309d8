"""Glance's addresses, below ``/image``. Those that would change an image say why they do not."""

import functools

from django.urls import URLPattern

from synnefo.api.image import views
from synnefo.api.kernel.dialects import GLANCE
from synnefo.api.kernel.routing import route

glance = functools.partial(route, dialect=GLANCE)
unchangeable = views.unchangeable

urlpatterns: list[URLPattern] = [
    glance("", auth=False, GET=views.choices),
    glance("versions", auth=False, GET=views.versions),
    glance("v2", auth=False, GET=views.choices),
    glance("v2/images", GET=views.index, POST=views.unmakeable),
    glance("v2/images/<image_id>", GET=views.show, PATCH=unchangeable, DELETE=unchangeable),
    glance("v2/images/<image_id>/file", GET=views.download, PUT=unchangeable),
    glance("v2/images/<image_id>/stage", PUT=unchangeable),
    glance("v2/images/<image_id>/import", POST=unchangeable),
    glance("v2/images/<image_id>/actions/deactivate", POST=unchangeable),
    glance("v2/images/<image_id>/actions/reactivate", POST=unchangeable),
    glance("v2/images/<image_id>/tags/<tag>", PUT=unchangeable, DELETE=unchangeable),
    glance("v2/images/<image_id>/members", GET=views.members, POST=unchangeable),
    glance("v2/images/<image_id>/members/<member>", GET=views.member, PUT=unchangeable, DELETE=unchangeable),
    glance("v2/schemas/<name>", GET=views.schema),
]
