"""``manage.py quarantine-replay ID… | --all [--reason TEXT]``: put messages back on the road, once what stopped them is mended.

They are applied here and now, as a dispatcher would, and what became of them is told. One that still cannot be applied comes
back into the quarantine under a new id, with the time when it first came there; then the exit code is 1.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from logic.dispatcher.applying import report
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger import parking, queries
from logic.ledger.advancing import Result
from synnefo.management import quarantine
from synnefo.management.tables import REFUSED, OperatorCommand

NOTHING_NEW = ("duplicate", "foreign")  # it was known already, or is about nobody of ours


class Command(OperatorCommand):
    """All that are named, or none."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        quarantine.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        became = Result(counts=Counter())
        why: Counter[str] = Counter()

        def replay(ids: Sequence[int]) -> None:
            nonlocal became
            newest = queries.newest_quarantined()
            became += apply_all(parking.take_quarantined(ids))
            why.update(queries.came_back(newest))

        replayed = quarantine.each(options, replay)
        report(became, [])
        counts = became.counts
        self.print_facts(
            {
                "replayed": replayed,
                "applied": counts["applied"],
                "nothing_new": sum(counts[one] for one in NOTHING_NEW),
                "waiting": counts["parked"],
                "came_back": counts["quarantined"],
                "why": [f"{reason} ({count})" for reason, count in why.most_common()],
            }
        )
        if counts["quarantined"]:
            raise SystemExit(REFUSED)
