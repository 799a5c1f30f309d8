"""``manage.py reconcile``: ask the clusters what is, and print what that would change. ``--fix`` changes it.

The plan runs the road's own reactions on the answers and writes nothing. ``--fix`` puts the answers on the road, as the
reconciler within every dispatcher does all the time, and asks again: that something is missing is believed at the second
look. Instances that the database does not account for are listed: the ghost of a deleted server is removed after two
looks, an orphan never (``server-import`` adopts one). What earlier looks of the reconciler found is kept in a quarantine:
since when, and by how many complete looks in a row. Of a cluster that does not answer, that is all there is to list.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from django.core.management.base import CommandParser

from logic.errors import Transient
from logic.placement.queries import names
from logic.reconcile.planning import Change
from synnefo.management import looking
from synnefo.management.backends import backend
from synnefo.management.looking import Look
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Exit 0 when every cluster answered, whether or not anything would change."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backend", default="", metavar="NAME", help="this cluster only; otherwise all in use")
        parser.add_argument("--fix", action="store_true", help="put the answers on the road")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        wanted = [backend(options["backend"]).name] if options["backend"] else names()
        act = looking.fix if options["fix"] else looking.plan
        looks = [act(name) for name in wanted]
        if self.json:
            self.print_facts({"fixed": options["fix"], "backends": msgspec.to_builtins(looks)})
        else:
            self._tables(looks)
        if problems := [look.problem for look in looks if look.problem]:
            raise Transient(" ".join(problems))

    def _tables(self, looks: Sequence[Look]) -> None:
        changes = [
            (look.backend, one.kind, one.id, described(one), "; ".join(one.why))
            for look in looks
            for one in look.changes
        ]
        if changes:
            self.print_table(["backend", "kind", "id", "change", "why"], changes)
        strays = [
            (look.backend, one.kind, one.instance, one.status, one.looks, one.first_seen, one.why)
            for look in looks
            for one in look.strays
        ]
        if strays:
            self.print_table(["backend", "kind", "instance", "status", "looks", "first seen", "why"], strays)
        asked = sum(look.asked for look in looks)
        self.stderr.write(
            f"{asked} servers asked about, {len(changes)} changes, {len(strays)} instances unaccounted for{_drift(looks)}"
        )


def _drift(looks: Sequence[Look]) -> str:
    """``; differing: 3 status, 1 orphan``."""
    total = sum((Counter(look.drift) for look in looks), Counter[str]())
    return "; differing: " + ", ".join(f"{count} {kind}" for kind, count in sorted(total.items())) if total else ""


def described(change: Change) -> str:
    """``observed: running → stopped; stop: success``."""
    columns = [f"{name}: {before or '-'} → {after or '-'}" for name, (before, after) in change.columns.items()]
    return "; ".join([*columns, *(f"{verb}: {outcome}" for verb, outcome in change.commands.items())])
