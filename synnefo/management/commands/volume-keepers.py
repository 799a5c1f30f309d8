"""``manage.py volume-keepers``: instances that keep a disk of no volume that there is, as complete looks have found them.

``--remove INSTANCE --backend NAME`` removes one with its disk, once it is sure that nothing refers to it: no volume of that id
on any cluster, no command of it that is not over, two complete looks that found it; and its cluster says that it has our tag, is
stopped, and has no other disks and no interfaces. Nothing removes one by itself. ``--dry-run`` looks, and removes nothing.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from logic.backends.base import Discarding
from logic.errors import Gone, NotFound, NotSupported
from logic.placement.models import Stray
from logic.reconcile import keepers
from synnefo.management.asking import ask
from synnefo.management.backends import backend
from synnefo.management.tables import OperatorCommand

HEADERS = ("backend", "instance", "volume", "looks", "first_seen", "reason")


class Command(OperatorCommand):
    """A line a keeper."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backend", default="", metavar="NAME", help="on this cluster")
        parser.add_argument("--remove", default="", metavar="INSTANCE", help="this one, with its disk")
        parser.add_argument("--dry-run", action="store_true", help="of removing: say whether it would be")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        name = backend(options["backend"]).name if options["backend"] else ""
        if not options["remove"]:
            self.print_table(HEADERS, [_line(one) for one in keepers.forgotten(name)])
            return
        if not name:
            raise CommandError("Say with --backend on which cluster.")
        found = keepers.removable(name, options["remove"])
        _discard(found, dry_run=options["dry_run"])
        self.print_facts(
            {"instance": found.instance, "volume": keepers.volume_of(found), "removed": not options["dry_run"]}
        )


def _discard(keeper: Stray, *, dry_run: bool) -> None:
    """Raises :class:`NotFound` for one that is gone by now, refusals and :class:`BackendFailure`."""
    volume, reason = keepers.volume_of(keeper), f"synnefo volume-keepers {keeper.instance}"
    try:
        ask(keeper.backend.name, lambda one: discarding(one).discard(volume, reason=reason, dry_run=dry_run))
    except Gone as error:
        raise NotFound(kind=f"instance on {keeper.backend.name}", id=keeper.instance) from error
    if not dry_run:
        keepers.removed(keeper)


def discarding(cluster: object) -> Discarding:
    """Raises :class:`NotSupported`."""
    if isinstance(cluster, Discarding):
        return cluster
    raise NotSupported(reason="This cluster keeps no disks of volumes.")


def _line(one: Stray) -> list[object]:
    return [one.backend.name, one.instance, keepers.volume_of(one), one.looks, one.first_seen, one.reason]
