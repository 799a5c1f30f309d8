"""Stores, and what is in them, as Glance tells it: what everybody may know, and what administrators may."""

from logic.access import require
from logic.configuration.schema import ImageStore
from logic.image import copies, sweeping
from logic.image.stores import opening
from synnefo.api.image.answers import Store, StoreDetail
from synnefo.api.kernel import running
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes

KINDS = {"directory": "file", "s3": "s3"}  # Glance's words


@describes(gives={"stores": list[Store]})
def index(call: Call) -> Answer:  # noqa: ARG001 - the same for everybody
    return Answer(200, {"stores": [_store(name, about) for name, about in opening.stores().items()]})


@describes(gives={"stores": list[StoreDetail]})
def detail(call: Call) -> Answer:
    require(call.caller, "admin", "stores_info_detail")
    found = [_store(name, about) | _more(about) for name, about in opening.stores().items()]
    return Answer(200, {"stores": found})


def _store(name: str, about: ImageStore) -> dict[str, object]:
    default = {"default": "true"} if name == opening.default() else {}
    return {"id": name, "description": about.description, **default}


def _more(about: ImageStore) -> dict[str, object]:
    """No path and no credential: they are the settings' own."""
    parts = {"s3_store_large_object_chunk_size": about.part_mib} if about.kind == "s3" else {}
    return {"type": KINDS[about.kind], "weight": 0, "properties": parts}


@describes(status=204)
def delete_image(call: Call, store: str, image_id: str) -> Answer:
    """The copy goes right after the row that names it, or, if that fails, when it is swept."""
    copy = copies.delete_from_store(call.caller, image_id, store)

    async def removed() -> Answer:
        await sweeping.remove_copies_now([copy], running.current())
        return Answer(204)

    return Answer(later=removed)
