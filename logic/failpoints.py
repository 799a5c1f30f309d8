"""Failpoints: the places where a process may die, fail or do a thing twice, by name, so that a test can make it so.

At each border of the road (a commit, a publish, a submit, an acknowledgement, a file of the event daemon) the step is
handed to :func:`wait`, :func:`call` or, for a transaction, ``logic.db.committing``. Unarmed, which is always in
production, that costs one look at a global. A program is armed by the variable :data:`VARIABLE`, ``name:action`` or
``name:action:nth``, through :func:`obey`; the simulation arms itself with a hook of its own. ``docs/failpoints.md`` says
how they are used. Floor: no Django, and nothing of ours.
"""

import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

import structlog

T = TypeVar("T")
Failure = Callable[[str], Exception]
VARIABLE: Final = "SYNNEFO_FAILPOINT"
log = structlog.get_logger(__name__)

NAMES: Final[Mapping[str, str]] = {
    "request.commit": "An API node commits a request: what it changes and its command.",
    "claim.commit": "A worker commits that it has commands under its lease.",
    "backend.submit": "A worker sends a command to its backend.",
    "answer.commit": "A worker commits what the backend answered.",
    "batch.commit": "A dispatcher commits what came off the bus.",
    "bus.acknowledge": "A dispatcher acknowledges what it has committed.",
    "parked.commit": "A dispatcher commits parked messages that were due.",
    "presence.commit": "A dispatcher commits that it is there.",
    "presence.leave": "A dispatcher that stops commits that it is not there any more.",
    "lease.commit": "A reconciler commits that it has its lease, or still has it.",
    "lease.release": "A reconciler that stops commits that the next may have its lease.",
    "refresh.commit": "A reconciler commits what a cluster said of itself.",
    "look.commit": "A reconciler commits what a cluster said of our servers.",
    "strays.commit": "A reconciler commits which instances there nobody has asked for.",
    "quota.commit": "A reconciler commits older changes of usage as their sum.",
    "retention.commit": "A reconciler commits that what is old has been forgotten.",
    "bus.publish": "An event daemon publishes a message and has it confirmed.",
    "spool.put": "An event daemon keeps messages on disk while the broker is away.",
    "spool.remove": "An event daemon deletes a message from disk that was delivered.",
    "cursor.save": "An event daemon writes down what it has told.",
}
ACTIONS: Final[Mapping[str, str]] = {
    "kill-before": "The process is killed before the step; a transaction has its statements behind it, not its commit.",
    "kill-after": "The process is killed after the step, before anybody learns that it was done.",
    "error": "The step is not done: it fails as such a step fails.",
    "lost": "The step is done, and fails all the same: its answer is lost.",
    "repeat": "The step is done twice.",
}


class Fault:
    """What happens at one passing."""

    def __init__(self, name: str, action: str, kill: Callable[[], object]) -> None:
        self._name, self._action, self._kill = name, action, kill
        self.times = 2 if action == "repeat" else 1

    def before(self, error: Failure) -> None:
        """The step is about to be done."""
        self._meet("kill-before", "error", error)

    def after(self, error: Failure) -> None:
        """The step is done."""
        self._meet("kill-after", "lost", error)

    def _meet(self, kill: str, fail: str, error: Failure) -> None:
        if self._action == kill:
            self._kill()
        if self._action == fail:
            raise error(f"failpoint {self._name}: {self._action}")


class Hook(Protocol):
    """Who decides what happens."""

    def at(self, name: str) -> Fault:
        """Called at each passing of a failpoint."""


_hook: Hook | None = None


def met(name: str) -> Fault | None:
    """What happens at this passing; None when nobody is armed. For steps that :func:`wait` and :func:`call` do not fit."""
    return None if _hook is None else _hook.at(name)


async def wait(name: str, step: Callable[[], Awaitable[T]], error: Failure, *, lost: Failure | None = None) -> T:
    """The result of a step that is awaited. ``error`` is what it raises when it fails; ``lost`` when it cannot be known
    whether it was done, if that is another."""
    fault = met(name)
    if fault is None:
        return await step()
    fault.before(error)
    for _ in range(fault.times):
        result = await step()
    fault.after(lost or error)
    return result


def call(name: str, step: Callable[[], T], error: Failure) -> T:
    """The result of a step that blocks."""
    fault = met(name)
    if fault is None:
        return step()
    fault.before(error)
    for _ in range(fault.times):
        result = step()
    fault.after(error)
    return result


class Armed:
    """A hook for a whole process: one action, at the ``nth`` passing of one failpoint since the start."""

    def __init__(self, name: str, action: str, nth: int = 1) -> None:
        self.name, self.action, self.nth = name, action, nth
        self._passed = 0

    def at(self, name: str) -> Fault:
        self._passed += name == self.name
        if name != self.name or self._passed != self.nth:
            return Fault(name, "", _die)
        log.warning("failpoint.met", failpoint=name, action=self.action)
        return Fault(name, self.action, _die)


def _die() -> None:
    """At once, as by ``kill -9``: nothing is flushed, closed or told."""
    os.kill(os.getpid(), signal.SIGKILL)


def parsed(text: str) -> Armed:
    """``name:action`` or ``name:action:nth``. Raises ``ValueError`` with what would be right."""
    name, _, rest = text.partition(":")
    action, _, nth = rest.partition(":")
    if name not in NAMES:
        raise ValueError(f"{VARIABLE}: there is no failpoint {name!r}. There are: {', '.join(NAMES)}.")
    if action not in ACTIONS:
        raise ValueError(f"{VARIABLE}: {action!r} is nothing a failpoint does. It may be: {', '.join(ACTIONS)}.")
    if nth and not (nth.isascii() and nth.isdigit() and int(nth)):
        raise ValueError(f"{VARIABLE}: {nth!r} is no passing. Count from 1.")
    return Armed(name, action, int(nth or 1))


def obey(environment: Mapping[str, str]) -> None:
    """Arm this process if the environment says so; programs call it when they start. Raises ``ValueError``."""
    text = environment.get(VARIABLE, "")
    if text:
        arm(parsed(text))
        log.warning("failpoint.armed", failpoint=text)


def arm(hook: Hook | None) -> None:
    """From now on this hook decides; None: nobody."""
    global _hook  # noqa: PLW0603 - a process is armed or not
    _hook = hook


@contextmanager
def armed(hook: Hook) -> Iterator[None]:
    """For the length of a block."""
    before = _hook
    arm(hook)
    try:
        yield
    finally:
        arm(before)
