"""What may be asked of volumes, a module for each matter; each function is one transaction. ``volumes`` and ``attaching`` are
what other services ask too, and can be taken from here; ``actions`` are Cinder's own words about a volume; ``reserving`` makes
and ends attachments; ``replacing`` gives a volume other content; ``uploading`` makes images of volumes; ``snapshots``,
``backups`` and ``transfers`` are of volumes; ``types`` and ``qos`` are what administrators make; ``rows`` and ``sources`` are for
these."""

from logic.volume.commands.attaching import attach_volume, change_attachment, detach_volume
from logic.volume.commands.volumes import (
    LARGEST,
    NewVolume,
    change_volume,
    create_volume,
    delete_metadata,
    delete_volume,
    extend_volume,
    force_delete_volume,
    retype_volume,
    set_metadata,
)

__all__ = [
    "LARGEST",
    "NewVolume",
    "attach_volume",
    "change_attachment",
    "change_volume",
    "create_volume",
    "delete_metadata",
    "delete_volume",
    "detach_volume",
    "extend_volume",
    "force_delete_volume",
    "retype_volume",
    "set_metadata",
]
