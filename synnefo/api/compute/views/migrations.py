"""Moves of servers and changes of their size, for administrators: what became of all, and which live ones are under way."""

from typing import Any

from logic.access import require
from logic.compute import migration_lists as queries
from logic.compute import queries as servers
from logic.compute.migration_lists import MigrationInfo
from logic.errors import BadRequest, NotFound, NotSupported
from synnefo.api.compute.render import migrations as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.migrations import Migration, MigrationUnderWay
from synnefo.api.compute.requests import migrations as requests
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes


@describes(
    gives=paged("migrations", Migration), query={**PAGE, **dict.fromkeys((*requests.WORDS, *requests.MOMENTS), str)}
)
def list_migrations(call: Call) -> Answer:
    wanted = requests.wanted(call)
    if not call.at_least(Since.MIGRATION_PAGES):
        found = queries.migrations(wanted)
        return Answer(200, {"migrations": [render.migration(one, frame(call)) for one in found]})
    page = paging.page(call)
    found = queries.migrations(wanted, limit=page.limit, marker=page.marker)
    links = paging.next_link(call, [one.uuid for one in found], page)
    body: dict[str, Any] = {"migrations": [render.migration(one, frame(call)) for one in found]}
    return Answer(200, body | ({"migrations_links": links} if links else {}))


@describes(gives={"migrations": list[MigrationUnderWay]})
def list_migrations_of_server(call: Call, server_id: str) -> Answer:
    """Live ones that are not over, as Nova's."""
    found = _of_server(call, server_id)
    return Answer(200, {"migrations": [render.migration_of_server(one, frame(call)) for one in found]})


@describes(gives={"migration": MigrationUnderWay})
def show_migration(call: Call, server_id: str, migration_id: str) -> Answer:
    return Answer(200, {"migration": render.migration_of_server(_found(call, server_id, migration_id), frame(call))})


@describes(answers={}, refuses=[501])
def abort_migration(call: Call, server_id: str, migration_id: str) -> Answer:
    _found(call, server_id, migration_id)
    raise NotSupported(reason="A migration cannot be aborted: a cluster finishes what it has begun. Wait for its end.")


@describes(takes={"force_complete": None}, answers={}, refuses=[501])
def act_on_migration(call: Call, server_id: str, migration_id: str) -> Answer:
    _found(call, server_id, migration_id)
    if call.decode(dict[str, Any]) != {"force_complete": None}:
        raise BadRequest(reason='The only action of a migration is {"force_complete": null}.')
    raise NotSupported(
        reason="A migration cannot be hurried: its cluster ends it as the guest allows. Wait for its end."
    )


def _of_server(call: Call, id: str) -> list[MigrationInfo]:
    servers.server(call.caller, id)
    require(call.caller, "admin", "see the migrations of a server")
    return queries.under_way(id)


def _found(call: Call, server_id: str, migration_id: str) -> MigrationInfo:
    for one in _of_server(call, server_id):
        if migration_id == str(one.number):
            return one
    raise NotFound(kind="live migration under way of this server", id=migration_id)
