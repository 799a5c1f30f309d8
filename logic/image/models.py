"""The table of images. No verbs."""

from django.db import models

from logic import clock
from logic.db import new_id


class Image(models.Model):
    """An image. ``size`` in bytes, ``min_ram`` in MiB, ``min_disk`` and ``virtual_size`` in GiB and bytes.
    ``backend_name`` is what the OS provider on the Ganeti nodes calls it (osparam ``img_id``)."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    name = models.CharField(max_length=255, blank=True, default="")
    status = models.CharField(max_length=16, default="queued")
    visibility = models.CharField(max_length=16, default="shared")
    owner = models.CharField(max_length=64, blank=True, default="")
    disk_format = models.CharField(max_length=16, blank=True, default="")
    container_format = models.CharField(max_length=16, blank=True, default="")
    backend_name = models.CharField(max_length=255, blank=True, default="")
    size = models.BigIntegerField(null=True)
    virtual_size = models.BigIntegerField(null=True)
    min_ram = models.PositiveIntegerField(default=0)
    min_disk = models.PositiveIntegerField(default=0)
    protected = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    checksum = models.CharField(max_length=32, blank=True, default="")
    hash_algo = models.CharField(max_length=16, blank=True, default="")
    hash_value = models.CharField(max_length=128, blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-created_at", "-id"]
