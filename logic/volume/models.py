"""The tables of volumes, and of what is made of them, for them and of what kind they are. No verbs."""

from django.db import models

from logic import clock
from logic.db import LIVING, Stateful, new_id


class Volume(Stateful):
    """A disk of a tenant, ``size`` GiB, that can be put on a server and taken off. It is nowhere until its first server; then it
    is on that one's cluster for good (``backend``), as a disk of ``template``. ``device`` is the server that it is or was last
    on, ``mountpoint`` what its owner called it there. ``zone`` is the availability zone that was asked for, if one was: then it
    goes to servers there only.

    It begins with the content of what the OS provider on Ganeti's nodes calls ``file``; without one it is blank. If that is
    content of ours it is ``blob``, and the volume holds it (``logic.image.blobs``). ``format`` and ``checksum`` (``sha512:…``,
    empty where none is known) are the content's; ``image_metadata`` is said of the image as Cinder says it, and ``snapshot``
    and ``source`` are the ids of what it was made of, for its owner to read. ``unread``: what it begins with is on another
    volume's disk, which has not been read (yet).
    ``type`` empty is the default one, ``group`` the :class:`Group` that it is in. ``other_size`` is the one that its disk is
    just being given, for which it is counted already; ``other_content`` (``logic.ledger.contents``) what it is to begin with when
    its disk has been given up for that. ``remains``: it has been, and what is left of it may still be there. ``marked`` is a
    word of Cinder's that stands in the place of its status, as long as it is set, and keeps it from changing: reserved,
    awaiting its transfer, or what an administrator says; ``deleting`` when it ends with its server, which it does if it
    ``goes_along`` with the one that it is on, or was to come to: ``unmade``, while its ``device`` is a server that could not be
    made, to which it has not come.

    ``reservation`` is the id of the attachment of a volume that is marked ``reserved``: for ``reserved_for``, which need be
    nothing of ours (empty: nobody said), in ``reserved_mode`` (``rw`` or ``ro``)."""

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
    type = models.CharField(max_length=36, blank=True, default="", db_default="")
    bootable = models.BooleanField(default=False, db_default=False)
    readonly = models.BooleanField(null=True)
    other_size = models.PositiveIntegerField(null=True)
    other_content = models.JSONField(null=True)
    remains = models.BooleanField(default=False, db_default=False)
    marked = models.CharField(max_length=32, blank=True, default="", db_default="")
    mountpoint = models.CharField(max_length=255, blank=True, default="", db_default="")
    goes_along = models.BooleanField(default=False, db_default=False)
    unmade = models.BooleanField(default=False, db_default=False)
    blob = models.CharField(max_length=36, blank=True, default="", db_default="")
    file = models.CharField(max_length=255, blank=True, default="", db_default="")
    format = models.CharField(max_length=16, blank=True, default="", db_default="")
    checksum = models.CharField(max_length=160, blank=True, default="", db_default="")
    image_metadata = models.JSONField(null=True)
    snapshot = models.CharField(max_length=36, blank=True, default="", db_default="")
    source = models.CharField(max_length=36, blank=True, default="", db_default="")
    group = models.CharField(max_length=36, blank=True, default="", db_default="")
    unread = models.BooleanField(default=False, db_default=False)
    reservation = models.CharField(max_length=36, blank=True, default="", db_default="")
    reserved_for = models.CharField(max_length=36, blank=True, default="", db_default="")
    reserved_mode = models.CharField(max_length=2, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="volume_living_in", condition=LIVING),
            models.Index(fields=["created_at", "id"], name="volume_living", condition=LIVING),
            models.Index(fields=["group"], name="volume_in_group", condition=~models.Q(group="")),
            models.Index(fields=["reservation"], name="volume_reservation", condition=~models.Q(reservation="")),
        ]


class Plain(models.Model):
    """What every row here has that no backend knows of."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    name = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Qos(Plain):
    """What an administrator writes down of how fast volumes of some types are. ``consumer``: who would see to it."""

    consumer = models.CharField(max_length=16, default="back-end")
    specs = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="volume_qos_name")]


class VolumeType(Plain):
    """A type of volumes. One that is not public is seen by the projects with a :class:`TypeAccess` only."""

    description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Cinder answers null
    public = models.BooleanField(default=True)
    extra_specs = models.JSONField(default=dict)
    qos = models.ForeignKey(Qos, models.PROTECT, null=True, related_name="types")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="volume_type_name")]


class TypeAccess(models.Model):
    """This project may use this type."""

    type = models.ForeignKey(VolumeType, models.CASCADE, related_name="access")
    project = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "project"], name="volume_type_access_once")]


class DefaultType(models.Model):
    """Of which type a project's volumes are when none is asked for, if not of the default one."""

    project = models.CharField(max_length=64)
    type = models.ForeignKey(VolumeType, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project"], name="volume_default_type_once")]


class Content(Plain):
    """A copy of what a volume was: whose it is, how large, and, as in :class:`Volume`, its content; ``trouble`` is why that could
    not be had."""

    description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Cinder answers null
    project = models.CharField(max_length=64)
    user = models.CharField(max_length=64)
    volume = models.CharField(max_length=36)
    size = models.PositiveIntegerField()
    status = models.CharField(max_length=32, default="available")
    metadata = models.JSONField(default=dict)
    bootable = models.BooleanField(default=False)
    blob = models.CharField(max_length=36, blank=True, default="")
    file = models.CharField(max_length=255, blank=True, default="")
    format = models.CharField(max_length=16, blank=True, default="", db_default="")
    checksum = models.CharField(max_length=160, blank=True, default="", db_default="")
    image_metadata = models.JSONField(null=True)
    unread = models.BooleanField(default=False, db_default=False)
    trouble = models.CharField(max_length=1024, blank=True, default="", db_default="")

    class Meta:
        abstract = True


class Snapshot(Content):
    """``progress`` in percent, ``type`` that of its volume; ``group_snapshot`` is what it was made with."""

    progress = models.CharField(max_length=8, default="100%")
    type = models.CharField(max_length=36, blank=True, default="")
    group_snapshot = models.CharField(max_length=36, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="volume_snapshot_in"),
            models.Index(fields=["volume"], name="volume_snapshot_of"),
            models.Index(
                fields=["group_snapshot"], name="volume_snapshot_with", condition=~models.Q(group_snapshot="")
            ),
        ]


class Backup(Content):
    """``parent`` is the backup that it adds to (empty: it is whole), ``snapshot`` what it was made of beside its volume;
    ``volume_name``, ``volume_metadata`` and ``volume_description`` come back with what is made of it."""

    container = models.CharField(max_length=255, blank=True, default="")
    parent = models.CharField(max_length=36, blank=True, default="")
    snapshot = models.CharField(max_length=36, blank=True, default="")
    zone = models.CharField(max_length=255, blank=True, default="")
    volume_name = models.CharField(max_length=255, blank=True, default="")
    volume_description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - as the volume's
    volume_metadata = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="volume_backup_in"),
            models.Index(fields=["volume"], name="volume_backup_of"),
            models.Index(fields=["parent"], name="volume_backup_parent"),
        ]


class Transfer(Plain):
    """An offer of a volume to whoever knows the key, of which this is the ``digest``."""

    volume = models.CharField(max_length=36)
    project = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    no_snapshots = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["project", "created_at", "id"], name="volume_transfer_in")]
        constraints = [models.UniqueConstraint(fields=["volume"], name="volume_transfer_once")]


class GroupType(Plain):
    """A type of groups of volumes. One that is not public is administrators' alone."""

    description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Cinder answers null
    public = models.BooleanField(default=True)
    specs = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="volume_group_type_name")]


class OfGroups(Plain):
    """A group or a snapshot of one: whose it is, and the :class:`GroupType` that it is of."""

    description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Cinder answers null
    project = models.CharField(max_length=64)
    user = models.CharField(max_length=64)
    type = models.CharField(max_length=36)

    class Meta:
        abstract = True


class Group(OfGroups):
    """Volumes of these ``types`` (ids) that belong together, in ``zone`` if one was asked for. ``snapshot`` or ``source`` is the
    group snapshot or the group that it was made of."""

    status = models.CharField(max_length=32, default="available")
    types = models.JSONField(default=list)
    zone = models.CharField(max_length=255, blank=True, default="")
    snapshot = models.CharField(max_length=36, blank=True, default="")
    source = models.CharField(max_length=36, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["project", "created_at", "id"], name="volume_group_in")]


class GroupSnapshot(OfGroups):
    """A snapshot of each volume that was in ``group``. Its status is theirs, unless it is ``marked`` with another."""

    group = models.CharField(max_length=36)
    marked = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="volume_group_snapshot_in"),
            models.Index(fields=["group"], name="volume_group_snapshot_of"),
        ]


class Message(models.Model):
    """Why something that was accepted came to nothing, for its owner: Cinder's ``event`` and our ``text``."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    request = models.CharField(max_length=64, blank=True, default="")
    volume = models.CharField(max_length=36)
    event = models.CharField(max_length=64)
    text = models.TextField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["project", "created_at", "id"], name="volume_message_in")]
