"""Migrations as Nova shows them. A host is a cluster, and is where a server comes from and goes to; flavors have no numbers
here, and what of a guest's memory is yet to be copied its cluster does not say: these are null.
"""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.compute.migration_lists import UNDER_WAY, MigrationInfo
from logic.compute.migration_rows import LIVE
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel import times
from synnefo.api.kernel.answers import Links, keys_of, of_keys

Json = dict[str, Any]
_COUNTED = tuple(f"{what}_{part}_bytes" for what in ("memory", "disk") for part in ("total", "processed", "remaining"))


class _Migration(TypedDict):
    id: int
    status: str
    source_compute: str
    source_node: str
    dest_compute: str
    dest_node: str
    dest_host: None
    created_at: str
    updated_at: str | None
    uuid: NotRequired[Annotated[str, since(Since.MIGRATION_PAGES)]]
    user_id: NotRequired[Annotated[str, since(Since.MIGRATION_OWNER)]]
    project_id: NotRequired[Annotated[str, since(Since.MIGRATION_OWNER)]]


class Migration(_Migration):
    instance_uuid: str
    old_instance_type_id: None
    new_instance_type_id: None
    migration_type: NotRequired[Annotated[str, since(Since.SERVER_MIGRATIONS)]]
    links: NotRequired[Annotated[Links, since(Since.SERVER_MIGRATIONS, when="of a live one that is under way")]]


class _MigrationUnderWay(_Migration):
    server_uuid: str


MigrationUnderWay: Any = of_keys("MigrationUnderWay", {**keys_of(_MigrationUnderWay), **dict.fromkeys(_COUNTED, None)})


def migration(one: MigrationInfo, frame: Frame) -> Json:
    """A line of ``GET /os-migrations``."""
    view = _common(one, frame) | {
        "instance_uuid": one.server,
        "old_instance_type_id": None,
        "new_instance_type_id": None,
    }
    if frame.at_least(Since.SERVER_MIGRATIONS):
        view["migration_type"] = one.kind
        if one.kind == LIVE and one.status in UNDER_WAY:
            view["links"] = frame.links(f"servers/{one.server}/migrations", str(one.number))
    return view


def migration_of_server(one: MigrationInfo, frame: Frame) -> Json:
    """A live one that is under way."""
    return _common(one, frame) | {"server_uuid": one.server, **dict.fromkeys(_COUNTED)}


def _common(one: MigrationInfo, frame: Frame) -> Json:
    view: Json = {
        "id": one.number,
        "status": one.status,
        "source_compute": one.host,
        "source_node": one.host,
        "dest_compute": one.host,
        "dest_node": one.host,
        "dest_host": None,
        "created_at": times.bare(one.created_at),
        "updated_at": times.bare(one.updated_at) if one.updated_at else None,
    }
    if frame.at_least(Since.MIGRATION_PAGES):
        view["uuid"] = one.uuid
    if frame.at_least(Since.MIGRATION_OWNER):
        view |= {"user_id": one.user, "project_id": one.project}
    return view
