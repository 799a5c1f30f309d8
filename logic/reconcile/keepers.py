"""Keepers of disks that no volume has any more: which of the orphans they are, and when one may be removed.

Called by ``manage.py volume-keepers``; nothing here, nor anywhere, removes one by itself. What is an orphan, complete looks have
said (``orphans``); what the cluster says of it at the moment is asked there (``logic.backends.ganeti_keepers``).
"""

from typing import Final

from django.conf import settings
from django.db import transaction

from ganeti.vocabulary import is_volume, volume_name
from logic.access import operator
from logic.errors import Conflict, NotFound
from logic.ledger import beginning
from logic.ledger.models import Command
from logic.placement.models import Stray
from logic.reconcile.orphans import LOOKS, ORPHAN
from logic.volume.models import Volume
from logic.volume.states import Observed

REMOVED: Final = "keeper removed"  # in the journal


def forgotten(backend: str = "") -> list[Stray]:
    """On all clusters, or one."""
    rows = Stray.objects.filter(kind=ORPHAN, **({"backend__name": backend} if backend else {})).select_related(
        "backend"
    )
    return [one for one in rows if is_volume(settings.BACKEND_PREFIX_ID, one.instance)]


def volume_of(keeper: Stray) -> str:
    """The volume whose disk it keeps, by its name."""
    return keeper.instance.removeprefix(volume_name(settings.BACKEND_PREFIX_ID, ""))


def removable(backend: str, instance: str) -> Stray:
    """Of that name, if nothing refers to its volume. Raises :class:`NotFound`, :class:`Conflict` with what does."""
    row = next((one for one in forgotten(backend) if one.instance == instance), None)
    if row is None:
        raise NotFound(kind=f"forgotten keeper on {backend}", id=instance)
    if why := _why_not(row):
        raise Conflict(reason=f"{instance} is not removed: {why}.")
    return row


def _why_not(keeper: Stray) -> str:
    """A volume that is deleted does not come back: what holds once, holds."""
    id = volume_of(keeper)
    if keeper.backend.restored:
        return "the database was restored, and this cluster has not been looked at since"
    if keeper.looks < LOOKS:
        return f"it was found by {keeper.looks} complete look only, and {LOOKS} have to. Try again after the next"
    living = Volume.objects.filter(pk=id).exclude(observed=Observed.GONE).select_related("backend").first()
    if living is not None:
        return f"volume {id} is there, {f'on {living.backend.name}' if living.backend else 'on no cluster yet'}"
    if Command.objects.filter(kind="volume", resource=id).exclude(status="settled").exists():
        return f"a command of volume {id} is not over"
    return ""


@transaction.atomic
def removed(keeper: Stray) -> None:
    """It is no more, and not listed any more; the timeline of its volume says so."""
    told = f"{keeper.instance} on {keeper.backend.name}"
    beginning.note(operator("volume-keepers"), "volume", volume_of(keeper), REMOVED, told)
    Stray.objects.filter(pk=keeper.pk).delete()
