"""Volumes that end with their servers. Where a server is gone, those that were on it and go along are marked, in that same
transaction (``logic.ledger``); here they are deleted like any other. Called by ``logic.reconcile`` under its lease: when that has
just happened, and again with each complete look, as long as there are some.
"""

from logic.access import operator
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.volume.commands.volumes import delete_row
from logic.volume.models import Volume
from logic.volume.refusals import InvalidVolume
from logic.volume.states import DELETING, Mode, Observed, Phase, phase

RECONCILE = operator("reconcile")


def end_with_servers(backend: str, *, again: bool = False) -> int:
    """Delete those of a cluster whose time has come; how many. ``again``: also those that could not be deleted before."""
    marked = Volume.objects.filter(backend__name=backend, marked=DELETING, command="").exclude(observed=Observed.GONE)
    rows = marked if again else marked.exclude(mode=Mode.FAILED)
    return sum(_end(id) for id in rows.order_by("pk").values_list("pk", flat=True))


def _end(id: str) -> bool:
    row: Volume = beginning.hold("volume", id)
    if row.marked != DELETING or row.command or row.observed == Observed.GONE:
        return False
    if phase(state_of(row)) in {Phase.IN_USE, Phase.ATTACHING, Phase.RESERVED}:
        beginning.let_go(RECONCILE, "volume", row, Observed.HELD)
    try:
        delete_row(RECONCILE, row, cascade=False, marked=(DELETING,))
    except InvalidVolume:  # it has snapshots, and stays
        Volume.objects.filter(pk=id).update(marked="")
        return False
    return True
