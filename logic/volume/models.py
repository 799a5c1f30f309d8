"""The table of volumes. No verbs."""

from django.db import models

from logic.db import LIVING, Stateful


class Volume(Stateful):
    """A disk of a tenant, ``size`` GiB, that can be put on a server and taken off. It is nowhere until its first server; then it
    is on that one's cluster for good (``backend``), as a disk of ``template``. ``device`` is the server that it is or was last
    on. ``zone`` is the availability zone that was asked for, if one was: then it goes to servers there only."""

    name = models.CharField(max_length=255, blank=True, default="")
    description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Cinder answers null
    project = models.CharField(max_length=64)
    user = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    metadata = models.JSONField(default=dict)
    zone = models.CharField(max_length=255, blank=True, default="")
    template = models.CharField(max_length=32, blank=True, default="")
    device = models.CharField(max_length=36, blank=True, default="", db_index=True)
    attached_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="volume_living_in", condition=LIVING),
            models.Index(fields=["created_at", "id"], name="volume_living", condition=LIVING),
        ]
