"""Glance's views: decode, one query, render."""

from logic.errors import Forbidden, NotFound, NotSupported
from logic.image import queries
from synnefo.api.image import render, requests
from synnefo.api.image.schemas import SCHEMAS
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call

DEFAULT_LIMIT = 25
WHY = "Images of this cloud are made by its operators, not over this API. Choose one of `openstack image list`."


class OnlySharedHaveMembers(Forbidden):
    """Only images with the visibility shared have members; image {id} is {visibility}."""


def choices(call: Call) -> Answer:
    """Where to choose a version: 300 is what clients of Glance expect here."""
    return Answer(300, render.versions(call.base_url))


def versions(call: Call) -> Answer:
    return Answer(200, render.versions(call.base_url))


def index(call: Call) -> Answer:
    page = paging.page(call, default=DEFAULT_LIMIT)
    wanted, sort = requests.wanted(call), paging.sorting(call, requests.SORTABLE)
    found = queries.images(call.caller, wanted, sort=sort, limit=page.limit, marker=page.marker)
    return Answer(200, render.images(call, found, page))


def show(call: Call, image_id: str) -> Answer:
    return Answer(200, render.image(queries.image(call.caller, image_id)))


def download(call: Call, image_id: str) -> Answer:
    image = queries.image(call.caller, image_id)
    raise NotSupported(reason=f"The data of image {image.id} is kept on the clusters and cannot be downloaded.")


def members(call: Call, image_id: str) -> Answer:
    image = queries.image(call.caller, image_id)
    if image.visibility != "shared":
        raise OnlySharedHaveMembers(id=image.id, visibility=image.visibility)
    return Answer(200, {"members": [], "schema": "/v2/schemas/members"})


def member(call: Call, image_id: str, member: str) -> Answer:
    queries.image(call.caller, image_id)
    raise NotFound(kind="image member", id=member)


def schema(call: Call, name: str) -> Answer:  # noqa: ARG001 - the same for everybody
    if name not in SCHEMAS:
        raise NotFound(kind="schema", id=name)
    return Answer(200, SCHEMAS[name])


def unmakeable(call: Call) -> Answer:  # noqa: ARG001 - refused to everybody
    raise NotSupported(reason=WHY)


def unchangeable(call: Call, image_id: str, **_: str) -> Answer:
    queries.image(call.caller, image_id)
    raise NotSupported(reason=WHY)
