"""Glance's addresses, below ``/image``."""

import functools

from django.urls import URLPattern

from synnefo.api.image import content, imports, sharing, stores, views
from synnefo.api.kernel.dialects import GLANCE
from synnefo.api.kernel.routing import route

glance = functools.partial(route, dialect=GLANCE)
ONE = "v2/images/<image_id>"

urlpatterns: list[URLPattern] = [
    glance("", auth=False, GET=views.choices),
    glance("versions", auth=False, GET=views.versions),
    glance("v2", auth=False, GET=views.choices),
    glance("v2/images/", GET=views.nameless, POST=views.create, PATCH=views.nameless, DELETE=views.nameless),
    glance("v2/images", GET=views.index, POST=views.create),
    glance(ONE, GET=views.show, PATCH=views.change, DELETE=views.delete),
    glance(f"{ONE}/file", GET=content.download, PUT=content.upload, streaming=["PUT"]),
    glance(f"{ONE}/stage", PUT=content.stage, streaming=["PUT"]),
    glance(f"{ONE}/import", POST=imports.begin),
    glance(f"{ONE}/tasks", GET=imports.tasks_of_image),
    glance(f"{ONE}/actions/deactivate", POST=views.deactivate),
    glance(f"{ONE}/actions/reactivate", POST=views.reactivate),
    glance(f"{ONE}/tags/<tag>", PUT=views.tag, DELETE=views.untag),
    glance(f"{ONE}/members", GET=sharing.index, POST=sharing.add),
    glance(f"{ONE}/members/<member>", GET=sharing.show, PUT=sharing.answer, DELETE=sharing.remove),
    glance("v2/schemas/<name>", GET=views.schema),
    glance("v2/tasks", GET=imports.tasks, POST=imports.create),
    glance("v2/tasks/<task_id>", GET=imports.task),
    glance("v2/info/import", GET=imports.methods),
    glance("v2/info/stores", GET=stores.index),
    glance("v2/info/stores/detail", GET=stores.detail),
    glance("v2/stores/<store>/<image_id>", DELETE=stores.delete_image),
    glance("v2/info/usage", GET=imports.used),
]
