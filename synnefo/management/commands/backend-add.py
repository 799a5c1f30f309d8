"""``manage.py backend-add NAME --endpoint https://HOST:5080 …``: record a Ganeti cluster, once it has answered.

The cluster is asked who it is, what it can and what it has. One that does not answer is refused, unless ``--force`` says that
it will; one that is too old, or lacks what we need, is refused in any case. Dispatchers use it within seconds.
"""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from logic.backends.base import Facts
from logic.backends.registry import KINDS
from logic.dispatcher.connections import Access
from logic.errors import BackendFailure, Conflict, Duplicate
from logic.placement import commands, queries
from synnefo.management.asking import ask_at, password_in, whole_path
from synnefo.management.backends import add_options, advice, check_fit, check_template, facts_of, given, warning
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """The password is read from a file and kept encrypted; it is never an argument."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="a word of routing keys: lower-case letters, digits, dashes")
        parser.add_argument("--kind", default="ganeti", choices=sorted(KINDS), help="what kind of backend it is")
        add_options(parser, required=True)
        parser.add_argument("--force", action="store_true", help="record it although it does not answer")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        access = Access(
            name=options["name"],
            kind=options["kind"],
            endpoint=options["endpoint"],
            username=options["username"],
            password=password_in(options["password_file"]),
            ca_file=whole_path(options["ca_file"] or ""),
        )
        _check(access.name)
        facts = self._facts(access, force=options["force"])
        if facts:
            check_fit(facts)
            self.warn(warning(facts))
        if facts and not options["force"]:
            check_template(options["disk_template"], facts)
        with transaction.atomic():
            commands.add_backend(**given(options), name=access.name, kind=access.kind)
            if facts:
                _check_identity(facts)
                commands.refresh(access.name, facts)
        self.print_facts(facts_of(access.name))

    def _facts(self, access: Access, *, force: bool) -> Facts | None:
        try:
            return ask_at(access, lambda backend: backend.facts())
        except BackendFailure as error:
            if not force:
                self.stderr.write(f"Nothing is recorded. {advice(error)}")
                raise
            self.stderr.write(f"The cluster did not answer; recorded all the same: {error}")
            return None


def _check(name: str) -> None:
    """Before anybody is asked. Raises :class:`Duplicate`."""
    if any(known.name == name for known in queries.backends()):
        raise Duplicate(kind="backend", id=name)


def _check_identity(facts: Facts) -> None:
    """One cluster under two names would be told everything twice. Raises :class:`Conflict`."""
    for known in queries.backends():
        if known.incarnation == facts.incarnation:
            raise Conflict(reason=f"This cluster is in the database already, as backend {known.name}.")
