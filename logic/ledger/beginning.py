"""``begin``: the one door for requests. Checks the state, overtakes what may be overtaken, records the command.

Called by ``commands`` of the resource apps inside their transaction, with the row they hold. The command row is the
queue: nothing is sent from here.
"""

import datetime
import functools
from collections.abc import Sequence
from typing import Any

import structlog

from logic import clock
from logic.access import Caller
from logic.errors import NotFound, WrongState
from logic.ledger.efforts import columns_after
from logic.ledger.lines import NewLine
from logic.ledger.models import Command
from logic.ledger.resources import KINDS, columns_of, differences, state_of
from logic.ledger.store import store
from logic.messages import codec
from logic.messages.commands import AnyCommand
from logic.placement.models import Backend
from logic.snapshots import Effort, Snapshot, State, settled

log = structlog.get_logger(__name__)
Birth = tuple[Any, str, AnyCommand]  # a row, the verb of its first command, the command


def hold(kind: str, id: str) -> Any:
    """The row, locked until the transaction ends. Raises :class:`NotFound`."""
    rows = store().lock(KINDS[kind], [id])
    if not rows:
        raise NotFound(kind=kind, id=id)
    return rows[0]


def check(kind: str, row: Any, verb: str) -> None:
    """May this verb begin now? Raises :class:`WrongState` with what to do instead."""
    states, state = KINDS[kind].states, state_of(row)
    if not states.may(state, verb):
        phase = states.phase(state)
        advice = (
            getattr(states, "ADVICE", {}).get(phase) or "Wait for the action in progress to finish, then try again."
        )
        action = getattr(states, "WORDS", {}).get(verb, verb)
        raise WrongState(action=action, kind=kind, id=row.pk, state=str(phase), advice=advice)


def begin(  # noqa: PLR0913 - a command, its verb and its row
    caller: Caller, kind: str, row: Any, verb: str, command: AnyCommand, *, checked: bool = True
) -> None:
    """Record a command for a row that :func:`hold` gave, or for one just made. ``checked=False`` is for reconcile's
    removal of what lives on after its end. Raises :class:`WrongState`."""
    assert store().in_atomic(), "a command and its state are one transaction"
    before = state_of(row)
    if checked and verb != "create":
        check(kind, row, verb)
    _overtake(row, before)
    after = _in_flight(before, command.id, verb)
    _record(caller, kind, [(row, verb, command)])
    _write(row, kind, after)
    _note(caller, kind, row.pk, verb, command.id, differences(before, after))
    store().notify("commands")
    store().on_commit(functools.partial(_tell, caller, kind, row.pk, verb, command.id))


def _tell(caller: Caller, kind: str, id: str, verb: str, command: str) -> None:
    """The line that links a request to its command: the command's id is all that travels further."""
    log.info("command.recorded", request=caller.request, command=command, verb=verb, **{kind: id})


def _in_flight(state: State, command: str, verb: str) -> State:
    snapshot = Snapshot(id="", state=state).with_state(command=command, verb=verb, version=state.version + 1)
    return snapshot.state


def _overtake(row: Any, state: State) -> None:
    """Commands overtaken before anybody claimed them are over; the others are settled by what becomes of them, which is looked
    for at once: what overtook them waits until it is known."""
    now = clock.now()
    waiting = [one for one in store().efforts([row.pk]).get(row.pk, []) if one.status == "pending"]
    store().write_commands([columns_after(one if one.attempts else _over(row, state, one), now) for one in waiting])


def _over(row: Any, state: State, effort: Effort) -> Effort:
    return settled(Snapshot(id=row.pk, state=state, efforts=(effort,)), effort, "superseded").efforts[0]


def _record(caller: Caller, kind: str, births: Sequence[Birth]) -> None:
    rows = [
        Command(
            id=command.id,
            kind=kind,
            resource=row.pk,
            backend_id=row.backend_id,
            verb=verb,
            idempotency=command.idempotency,
            payload=codec.encode(command),
            request=caller.request,
            user=caller.user,
            project=caller.project,
            due_at=clock.now(),
        )
        for row, verb, command in births
    ]
    store().record(rows)


def _write(row: Any, kind: str, state: State) -> None:
    columns = _take_on(row, kind, state)
    store().write_states(KINDS[kind], [{"id": row.pk, **columns}])


def _take_on(row: Any, kind: str, state: State) -> dict[str, Any]:
    """The row has this state from now on; the columns to write."""
    wait = KINDS[kind].patience(state)
    look_at = clock.now() + datetime.timedelta(seconds=wait) if wait is not None else None
    columns = {**columns_of(state), "look_at": look_at, "updated_at": clock.now()}
    for name, value in columns.items():
        setattr(row, name, value)
    return columns


def enrol(caller: Caller, kind: str, rows: Sequence[Any], backend: Backend | None, *, mode: str = "normal") -> None:
    """Give rows just made their home, if they have one yet; ``begin`` with their first command follows. The first journal line
    of each is all its state. ``mode`` is another for what is taken over as it is."""
    for row in rows:
        row.backend, row.incarnation, row.mode = backend, backend.incarnation if backend else "", mode
    store().add(KINDS[kind], rows)
    store().append_journal([_made(caller, kind, row) for row in rows])


def settle_in(caller: Caller, kind: str, row: Any, backend: Backend) -> None:
    """A row that :func:`hold` gave, and that is nowhere yet, has its home from now on: jobs are numbered there anew."""
    row.backend = backend
    store().write_states(KINDS[kind], [{"id": row.pk, "backend_id": backend.pk}])
    _change(caller, kind, row, f"goes to {backend.name}", incarnation=backend.incarnation, fence=(0, 0))


def end(caller: Caller, kind: str, row: Any) -> None:
    """A row that :func:`hold` gave, and that no backend knows of, is gone, with what it holds of a quota."""
    _change(caller, kind, row, "gone", observed="gone")
    store().release([row.pk])


def _change(caller: Caller, kind: str, row: Any, what: str, **changes: Any) -> None:
    before = state_of(row)
    after = Snapshot(id=row.pk, state=before).with_state(version=before.version + 1, **changes).state
    _write(row, kind, after)
    _note(caller, kind, row.pk, what, "", differences(before, after))


def appear(caller: Caller, kind: str, row: Any, observed: str) -> None:
    """A row that :func:`hold` gave, or one just made, and that no backend knows of, is what it was made for."""
    _change(caller, kind, row, observed, observed=observed)


def let_go(caller: Caller, kind: str, row: Any, observed: str) -> None:
    """A row that :func:`hold` gave is on nothing any more: what it was on is gone."""
    _change(caller, kind, row, observed, observed=observed, mode="normal")


def change_mode(caller: Caller, kind: str, row: Any, mode: str, what: str) -> None:
    """Of a row that :func:`hold` gave. ``what`` for its journal."""
    _change(caller, kind, row, what, mode=mode)


def bear(caller: Caller, kind: str, births: Sequence[Birth], backend: Backend) -> None:
    """Rows just made, at home and each with its first command in flight: ``enrol`` and ``begin`` at once, for all of them
    in as many statements as for one."""
    lines: list[NewLine] = []
    for row, verb, command in births:
        row.backend, row.incarnation = backend, backend.incarnation
        before = state_of(row)
        after = _in_flight(before, command.id, verb)
        lines += [_made(caller, kind, row), _line(caller, kind, row.pk, verb, command.id, differences(before, after))]
        _take_on(row, kind, after)
    store().add(KINDS[kind], [row for row, _, _ in births])
    _record(caller, kind, births)
    store().append_journal(lines)
    store().notify("commands")
    for row, verb, command in births:
        store().on_commit(functools.partial(_tell, caller, kind, row.pk, verb, command.id))


def _made(caller: Caller, kind: str, row: Any) -> NewLine:
    return _line(caller, kind, row.pk, "made", "", columns_of(state_of(row)))


def note(caller: Caller, kind: str, id: str, what: str, text: str = "") -> None:
    """A line in the journal for a change that needs no backend (a rename, metadata)."""
    _note(caller, kind, id, what, "", {}, text)


def _note(  # noqa: PLR0913 - the columns of the row
    caller: Caller, kind: str, id: str, what: str, command: str, changes: dict[str, Any], text: str = ""
) -> None:
    store().append_journal([_line(caller, kind, id, what, command, changes, text)])


def _line(  # noqa: PLR0913 - the columns of the row
    caller: Caller, kind: str, id: str, what: str, command: str, changes: dict[str, Any], text: str = ""
) -> NewLine:
    return NewLine(
        kind=kind,
        resource=id,
        at=clock.now(),
        what=what,
        text=text,
        actor=caller.user,
        request=caller.request,
        command=command,
        changes=changes,
    )
