"""Proofs of what microversions changed for servers that are moved, and for what is told of them; as in ``proofs``."""

from logic.compute.models import Migration, Server
from logic.ledger.models import Command
from logic.placement.models import Backend
from logic.testing.worlds import running

LIVE = {"host": None, "block_migration": "auto"}


def _lost() -> str:
    id = _running()
    Server.objects.filter(pk=id).update(observed="crashed")
    return id


def _acted(callers, name: str, value: object, make) -> list[int]:
    return [one.post(f"/servers/{make()}/action", {name: value}).status for one in callers]


def _running() -> str:
    """Beside it nothing is under way."""
    Command.objects.update(status="settled")
    Backend.objects.update(disk_template="drbd")
    return running().pk


def evacuated_without_storage(_, __, *admins):
    assert _acted(admins, "evacuate", {}, _lost) == [400, 200]
    assert _acted(admins, "evacuate", {"onSharedStorage": True}, _lost) == [200, 400]


def evacuation_forced(_, __, *admins):
    assert _acted(admins, "evacuate", {"force": True}, _lost) == [400, 200]


def live_forced(_, __, *admins):
    assert _acted(admins, "os-migrateLive", {**LIVE, "force": False}, _running) == [400, 202]


def never_forced(_, __, *admins):
    assert _acted(admins, "os-migrateLive", {**LIVE, "force": False}, _running) == [202, 400]


def block_auto(_, __, *admins):
    assert _acted(admins, "os-migrateLive", LIVE, _running) == [400, 202]


def cold_host(_, __, *admins):
    assert _acted(admins, "migrate", {"host": "c1"}, _running) == [400, 202]


def evacuated_down(_, __, *admins):
    assert _acted(admins, "evacuate", {}, _lost) == [200, 200]
    sent = [bytes(one.payload) for one in Command.objects.filter(verb__startswith="evacuate").order_by("created_at")]
    assert [b'"start":false' in one for one in sent] == [False, True]


def _migrated(admin) -> str:
    """Where its migration is."""
    id = _running()
    value = LIVE if admin.minor >= 25 else {"host": None, "block_migration": False, "disk_over_commit": False}
    admin.post(f"/servers/{id}/action", {"os-migrateLive": value})
    return f"/servers/{id}/migrations/{Migration.objects.get(server=id).pk}"


def force_complete(_, __, before, after):
    path = f"{_migrated(after)}/action"
    assert [one.post(path, {"force_complete": None}).status for one in (before, after)] == [404, 501]


def server_migrations(_, __, before, after):
    path = _migrated(after)
    assert [one.get(path).status for one in (before, after)] == [404, 200]
    assert ["migration_type" in one.get("/os-migrations").json["migrations"][0] for one in (before, after)] == [
        False,
        True,
    ]


def abort(_, __, before, after):
    path = _migrated(after)
    assert [one.delete(path).status for one in (before, after)] == [404, 501]


def _shown(callers, name: str) -> list[bool]:
    _migrated(callers[1])
    return [name in one.get("/os-migrations").json["migrations"][0] for one in callers]


def migration_pages(_, __, *admins):
    assert _shown(admins, "uuid") == [False, True]


def migration_owner(_, __, *admins):
    assert _shown(admins, "user_id") == [False, True]
    assert [one.get("/os-migrations?user_id=admin").status for one in admins] == [400, 200]


PROOFS = {
    14: evacuated_without_storage,
    22: force_complete,
    23: server_migrations,
    24: abort,
    25: block_auto,
    29: evacuation_forced,
    30: live_forced,
    56: cold_host,
    59: migration_pages,
    68: never_forced,
    80: migration_owner,
    95: evacuated_down,
}
