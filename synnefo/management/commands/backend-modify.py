"""``manage.py backend-modify NAME …``: drain a cluster, take it offline, change how it is reached, accept its new identity.

A drained cluster takes no new servers; one that is offline is not spoken to at all; one that is pinned to projects takes new
servers of those alone, which go nowhere else. A new endpoint, user, password or
certificate is tried first, and must lead to the same cluster; ``--force`` records it untried. A cluster that was
initialised anew is another one to us: nothing it says of our servers is believed until ``--accept-incarnation``.
"""

from typing import Any

import msgspec
from django.core.management.base import CommandParser

from logic.backends.base import Facts
from logic.dispatcher.connections import access_to
from logic.errors import Conflict
from logic.placement import commands
from synnefo.management.asking import ask_at
from synnefo.management.backends import add_options, backend, facts_of, given, warning
from synnefo.management.owners import project_id
from synnefo.management.tables import OperatorCommand, WrongUsage

ACCESS = frozenset({"endpoint", "username", "password", "ca_file"})


class Command(OperatorCommand):
    """Says afterwards what the cluster's row is now."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="as in backend-list")
        drained, offline = parser.add_mutually_exclusive_group(), parser.add_mutually_exclusive_group()
        drained.add_argument("--drain", dest="drained", action="store_true", default=None, help="no new servers")
        drained.add_argument("--undrain", dest="drained", action="store_false", help="new servers again")
        offline.add_argument("--offline", action="store_true", default=None, help="do not speak to it at all")
        offline.add_argument("--online", dest="offline", action="store_false", help="speak to it again")
        add_options(parser, required=False)
        parser.add_argument(
            "--pin", action="append", default=[], metavar="PROJECT", help="take this project's servers alone"
        )
        parser.add_argument(
            "--unpin", action="append", default=[], metavar="PROJECT", help="the reverse; may be repeated"
        )
        parser.add_argument(
            "--accept-incarnation",
            metavar="UUID",
            help="believe the cluster that has this UUID now, though it is not the one we knew",
        )
        parser.add_argument("--force", action="store_true", help="record a new access without trying it")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        name = backend(options["name"]).name
        changes = given(options)
        changes |= {flag: options[flag] for flag in ("drained", "offline") if options[flag] is not None}
        accept = options["accept_incarnation"]
        pins, unpins = ([project_id(word) for word in options[option]] for option in ("pin", "unpin"))
        if not (changes or accept or pins or unpins):
            raise WrongUsage(reason="Say what to change; see --help.")
        asked = accept or (changes.keys() & ACCESS and not options["force"])
        facts = _facts(name, changes, accept or backend(name).incarnation) if asked else None
        commands.modify_backend(name, **changes)
        if pins:
            commands.pin(name, pins)
        if unpins:
            commands.unpin(name, unpins)
        if facts:
            self.warn(warning(facts))
            commands.refresh(name, facts, accept=bool(accept))
        self.print_facts(facts_of(name))


def _facts(name: str, changes: dict[str, Any], expected: str) -> Facts:
    """What the cluster says, reached as it will be. Raises :class:`Conflict` when it is not the one expected."""
    changed = {column: value for column, value in changes.items() if column in ACCESS}
    access = msgspec.structs.replace(access_to(name, even_offline=True), **changed)
    facts = ask_at(access, lambda backend: backend.facts())
    if expected and facts.incarnation != expected:
        reason = f"The cluster there is {facts.incarnation}, not {expected}. Nothing was changed."
        raise Conflict(reason=f"{reason} If it was initialised anew, see --accept-incarnation.")
    return facts
