"""The tables of images, of their content and who holds it, of members, and of the work of imports. No verbs."""

from django.db import models

from logic import clock
from logic.db import new_id

CONDEMNED = "condemned"  # the state of what is to be removed


class Blob(models.Model):
    """Content: bytes in a store, never changed once they are whole. An image has one, and so may volumes and snapshots made of
    it, which may outlive the image: each holds it by a :class:`BlobUse`. ``state`` is ``writing`` (until ``until``, which whoever
    writes moves on), ``whole``, or ``condemned``: nobody holds it, and its bytes are to be removed. ``size`` and ``virtual_size``
    in bytes, ``checksum`` is MD5, ``hash_value`` SHA-512, ``format`` what it was found to be by looking. ``name`` is what it is
    called in the store; empty: its id."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    store = models.CharField(max_length=32)
    name = models.CharField(max_length=36, blank=True, default="", db_default="")
    state = models.CharField(max_length=16, default="writing")
    size = models.BigIntegerField(default=0)
    virtual_size = models.BigIntegerField(null=True)
    format = models.CharField(max_length=16, blank=True, default="")
    checksum = models.CharField(max_length=32, blank=True, default="")
    hash_value = models.CharField(max_length=128, blank=True, default="")
    until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["state", "until"], name="image_blob_due")]


class BlobUse(models.Model):
    """Somebody holds a blob: ``holder`` is the id of the image, volume or snapshot, ``kind`` which of them it is."""

    blob = models.ForeignKey(Blob, models.CASCADE, related_name="uses")
    kind = models.CharField(max_length=16)
    holder = models.CharField(max_length=36, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["blob", "holder"], name="image_blob_held_once")]


class BlobCopy(models.Model):
    """The same bytes in another store, under this ``id``: ``state`` and ``until`` as of a :class:`Blob`."""

    id = models.CharField(primary_key=True, max_length=36)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="copies")
    store = models.CharField(max_length=32)
    state = models.CharField(max_length=16, default="writing")
    until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["state", "until"], name="image_copy_due")]


class Image(models.Model):
    """An image. ``size`` in bytes, ``min_ram`` in MiB, ``min_disk`` and ``virtual_size`` in GiB and bytes.
    ``backend_name`` is what the OS provider on the Ganeti nodes calls it (osparam ``img_id``): its content is a file there, made
    by an operator. Of an image made over the API the content is ``blob``; ``staged`` is what waits to be imported, and
    ``content_format`` what was found when it came, which ``disk_format`` only claims; ``stores`` says where it is, with commas,
    and is empty for what came before there were several."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    name = models.CharField(max_length=255, blank=True, default="")
    status = models.CharField(max_length=16, default="queued")
    visibility = models.CharField(max_length=16, default="shared")
    owner = models.CharField(max_length=64, blank=True, default="")
    disk_format = models.CharField(max_length=16, blank=True, default="")
    container_format = models.CharField(max_length=16, blank=True, default="")
    backend_name = models.CharField(max_length=255, blank=True, default="")
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    staged = models.ForeignKey(Blob, models.SET_NULL, null=True, related_name="+")
    content_format = models.CharField(max_length=16, blank=True, default="", db_default="")
    stores = models.CharField(max_length=1024, blank=True, default="", db_default="")
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


class Capture(models.Model):
    """The disk whose content somebody waits for: which one of which instance, and by which command. Which one its ``name`` says,
    or, if that is empty, its place among them (``disk``). It goes when the command is over.

    ``image`` is the id of who waits, and ``kind`` what that is: an image, or a snapshot, a backup or a volume. An image has what
    came in a column of its own; of the others it is the blob ``staged`` (empty: it has not come), of ``most`` bytes. ``keep``:
    how many backups of a server like this image there shall be at most; null: it is none. ``trouble`` is why what came last was
    refused."""

    image = models.CharField(primary_key=True, max_length=36)
    kind = models.CharField(max_length=16, default="image", db_default="image")
    command = models.CharField(max_length=36)
    backend = models.BigIntegerField()
    instance = models.CharField(max_length=255)
    disk = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=255, blank=True, default="", db_default="")
    keep = models.PositiveIntegerField(null=True)
    most = models.BigIntegerField(default=0, db_default=0)
    staged = models.CharField(max_length=36, blank=True, default="", db_default="")
    trouble = models.CharField(max_length=1024, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["instance", "backend"], name="image_capture_of")]


class Former(models.Model):
    """The id of an image that was deleted: no other image ever has it, so that what was said of the one is not of the other."""

    id = models.CharField(primary_key=True, max_length=36)
    deleted_at = models.DateTimeField(default=clock.now)


class Member(models.Model):
    """A project that a shared image is offered to; ``status`` is its answer: pending, accepted, rejected."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="members")
    project = models.CharField(max_length=64)
    status = models.CharField(max_length=16, default="pending")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "project"], name="image_member_once")]
        indexes = [models.Index(fields=["project", "status"], name="image_member_of")]


class Task(models.Model):
    """An import: work that a process with the store takes on under a lease (``holder``, until ``until``), and what became of it.
    ``status`` is pending, processing, success or failure; ``image`` may be gone by now."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    image = models.CharField(max_length=36, db_index=True)
    owner = models.CharField(max_length=64)
    user = models.CharField(max_length=64, blank=True, default="")
    request = models.CharField(max_length=64, blank=True, default="")
    kind = models.CharField(max_length=32, default="api_image_import")
    status = models.CharField(max_length=16, default="pending")
    input = models.JSONField(default=dict, blank=True)
    result = models.JSONField(null=True)
    message = models.TextField(blank=True, default="")
    holder = models.CharField(max_length=64, blank=True, default="")
    tries = models.IntegerField(default=0)
    until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["status", "until"], name="image_task_due")]
