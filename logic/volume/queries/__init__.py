"""Reading, a module for each of what there is: ``reading`` volumes, their ``attachments``, ``copies`` of them (snapshots,
backups) and their transfers, ``types``, ``qos``; ``pages`` is what their lists have in common. What other services ask of volumes
can be taken from here."""

from logic.volume.queries.pages import Found, Wanted
from logic.volume.queries.reading import VolumeInfo, on_servers, shown, summary, volume, volumes

__all__ = ["Found", "VolumeInfo", "Wanted", "on_servers", "shown", "summary", "volume", "volumes"]
