"""Glance's views of images: decode, one command or query, render. Content is ``content``'s, members are ``sharing``'s."""

from typing import Any

from logic.errors import NotFound
from logic.image import changing, importing, making, queries, removing, sweeping
from logic.image.stores import opening
from synnefo.api.image import bodies, render, requests
from synnefo.api.image.answers import Image, Images, JsonSchema, Version
from synnefo.api.image.schemas import SCHEMAS
from synnefo.api.kernel import paging, running
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.services import IMAGE

DEFAULT_LIMIT = 25


@describes(status=300, gives={"versions": list[Version]})
def choices(call: Call) -> Answer:
    """Where to choose a version: 300 is what clients of Glance expect here."""
    return Answer(300, render.versions(call.base_url))


@describes(gives={"versions": list[Version]})
def versions(call: Call) -> Answer:
    return Answer(200, render.versions(call.base_url))


@describes(gives=Images, query=requests.QUERY)
def index(call: Call) -> Answer:
    page = paging.page(call, default=DEFAULT_LIMIT)
    wanted, sort = requests.wanted(call), requests.sorting(call)
    if call.query.number("limit", DEFAULT_LIMIT) == 0:  # none, otherwise than elsewhere
        return Answer(200, render.images(call, [], page))
    found = queries.images(call.caller, wanted, sort=sort, limit=page.limit, marker=page.marker)
    return Answer(200, render.images(call, found, page))


@describes(answers={}, refuses=[404])
def nameless(call: Call) -> Answer:  # noqa: ARG001 - whoever asks
    """An image without an id is none, and not the list."""
    raise NotFound(kind="image", id="")


@describes(gives=Image)
def show(call: Call, image_id: str) -> Answer:
    return Answer(200, render.image(queries.image(call.caller, image_id)))


@describes(takes=bodies.NewFields, gives=Image, status=201, refuses=[501])
def create(call: Call) -> Answer:
    id = making.create_image(call.caller, bodies.new_image(call))
    made = queries.image(call.caller, id)
    return Answer(201, render.image(made), _created(call, id))


@describes(takes=list[dict[str, Any]], accepts=bodies.PATCHES, gives=Image, refuses=[415])
def change(call: Call, image_id: str) -> Answer:
    changing.change_image(call.caller, image_id, bodies.changes(call))
    return show(call, image_id)


@describes(status=204)
def delete(call: Call, image_id: str) -> Answer:
    """The content goes right after the row, or, if that fails, when it is swept."""
    unheld = removing.delete_image(call.caller, image_id)

    async def removed() -> Answer:
        await sweeping.remove_now(unheld, running.current())
        return Answer(204)

    return Answer(later=removed)


@describes(status=204)
def tag(call: Call, image_id: str, tag: str) -> Answer:
    changing.tag(call.caller, image_id, tag)
    return Answer(204)


@describes(status=204)
def untag(call: Call, image_id: str, tag: str) -> Answer:
    changing.untag(call.caller, image_id, tag)
    return Answer(204)


@describes(status=204)
def deactivate(call: Call, image_id: str) -> Answer:
    changing.deactivate(call.caller, image_id)
    return Answer(204)


@describes(status=204)
def reactivate(call: Call, image_id: str) -> Answer:
    changing.reactivate(call.caller, image_id)
    return Answer(204)


def _created(call: Call, id: str) -> dict[str, str]:
    """Where it is, and how its content may be brought."""
    where = f"{call.base_url}/{IMAGE.mount}/v2/images/{id}"
    ways = {"OpenStack-image-import-methods": ",".join(importing.METHODS)}
    return {"Location": where, **ways, "OpenStack-image-store-ids": ",".join(opening.stores())}


@describes(gives=JsonSchema)
def schema(call: Call, name: str) -> Answer:  # noqa: ARG001 - the same for everybody
    if name not in SCHEMAS:
        raise NotFound(kind="schema", id=name)
    return Answer(200, SCHEMAS[name])
