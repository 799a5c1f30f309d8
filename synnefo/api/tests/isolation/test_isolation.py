"""Who may do what with whose things, route by route. Another tenant's is answered exactly as what there is not."""

import re

import msgspec
import pytest
from django.urls import resolve

from synnefo.api.compute.views import actions
from synnefo.api.openapi.routes import routes
from synnefo.api.tests.isolation.asking import OTHER, OWN, UNKNOWN, Cell, Told, ask
from synnefo.api.tests.isolation.personas import ALPHA, BRAVO, PERSONAS, Persona
from synnefo.api.tests.isolation.rows import Row, compute, identity, image, network, others, volume
from synnefo.api.volume.views import actions as volumes

pytestmark = pytest.mark.django_db
ROWS = [row for service in (others, identity, compute, image, network, volume) for row in service.ROWS]
COLUMNS = (OWN, OTHER, UNKNOWN)


def expected(row: Row, cell: Cell) -> int:
    """What the row says of a cell."""
    who, one = row.who, cell.persona
    if one.name in who.but:
        return who.but[one.name][COLUMNS.index(cell.column)]
    sees_all = who.seen and one.sees_identity
    if who.role != "public" and not one.may:
        return 401
    if one.is_bound and not _permitted(row):
        return 403
    if who.role not in ("public", *one.may) and not sees_all:
        return who.refused if isinstance(who.refused, int) else who.refused[COLUMNS.index(cell.column)]
    if cell.column != OWN and (sees_all or one.is_admin):
        return (who.admins or (who.own, who.missing))[cell.column == UNKNOWN]
    return who.own if cell.column == OWN else who.missing


def _permitted(row: Row) -> bool:
    """By the one access rule that there is."""
    return row.who.role == "public" or (row.method, row.path.partition("?")[0]) == ("GET", "compute/v2.1/servers")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_who_may(row, things):
    told = ask(row, things)
    assert {cell.name: one.reply.status for cell, one in told.items()} == {
        cell.name: expected(row, cell) for cell in told
    }
    assert [cell.name for cell, one in told.items() if _leaks(cell, one, things)] == []
    for one in PERSONAS:
        if _must_not_know(one, row):
            seen = [_seen(answer) for cell, answer in told.items() if cell.persona == one and cell.column != OWN]
            assert seen[1:] == seen[:-1], one.name
    wrote = {cell.name: one.changes for cell, one in told.items() if one.reply.status >= 400 and one.changes}
    assert not wrote or row.takes_back


def _must_not_know(one: Persona, row: Row) -> bool:
    """Whether there is another tenant's. Who is bound by a rule is told of it, and of nothing else."""
    return not (one.is_admin or one.is_bound or one.name in row.who.but or (row.who.seen and one.sees_identity))


def _seen(told: Told) -> tuple[object, ...]:
    """All of an answer but what was asked for, and the request's own id."""
    headers = {name: value for name, value in told.reply.headers.items() if not value.startswith("req-")}
    return told.reply.status, told.reply.body.replace(told.it.encode(), b"<it>"), headers


def _leaks(cell: Cell, told: Told, things) -> bool:
    """Does an answer speak of what is another tenant's, by its name or its id, beyond what was asked?"""
    if cell.persona.sees_identity:
        return False
    answer = told.reply.body.decode("latin-1") + msgspec.json.encode(dict(told.reply.headers)).decode()
    for side in _strange(cell.persona):
        words = {side, *(sides[side] for sides in things.values() if sides[side] != sides[""])}
        if any(word in answer and word not in told.request for word in words):
            return True
    return False


def _strange(one: Persona) -> list[str]:
    """The sides that somebody knows nothing of."""
    return [side for side in (ALPHA, BRAVO) if side not in (one.side, ALPHA if one.name == "unscoped" else "")]


def test_every_route_has_a_row():
    """What lands without one is refused here: say in ``rows`` who may. A view may be mounted below several addresses."""
    there = {(method, one.view): one.path for one in routes() for method in one.methods}
    told = {(row.method, resolve(_filled(row.path)).func): row.path for row in ROWS}
    assert {f"{method} {there[method, view]}" for method, view in there.keys() - told.keys()} == set()
    assert {f"{method} {told[method, view]}" for method, view in told.keys() - there.keys()} == set()


def _filled(path: str) -> str:
    """An address such as the resolver takes; which of them it is does not matter."""
    return "/" + re.sub(r"{\w+}", "c" * 32, path.partition("?")[0])


@pytest.mark.parametrize(
    ("rows", "known"),
    [(compute.ROWS, {**actions.ACTIONS, **actions.GROUP_ACTIONS}), (volume.ROWS, volumes.ACTIONS)],
    ids=["servers", "volumes"],
)
def test_every_action_has_a_row(rows, known):
    told = {name for row in rows if row.path.endswith("}/action") and row.body for name in row.body}
    assert known.keys() - told == set()


def test_there_are_twelve_kinds_of_callers_and_more():
    assert len({one.name for one in PERSONAS}) == len(PERSONAS) >= 12
