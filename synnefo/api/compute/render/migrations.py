"""Migrations as Nova shows them. A host is a cluster, and is where a server comes from and goes to; flavors have no numbers
here, and what of a guest's memory is yet to be copied its cluster does not say: these are null.
"""

from typing import Any

from logic.compute.migration_lists import UNDER_WAY, MigrationInfo
from logic.compute.migration_rows import LIVE
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import times

Json = dict[str, Any]
_COUNTED = tuple(f"{what}_{part}_bytes" for what in ("memory", "disk") for part in ("total", "processed", "remaining"))


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
