"""Tables of compute: servers, flavors, keypairs. No verbs: writes are in ``commands``, states in ``logic.ledger``."""

from typing import Any

from django.conf import settings
from django.db import models

from ganeti.vocabulary import instance_name
from logic import clock
from logic.db import LIVING, Stateful, new_id


class Flavor(models.Model):
    """A size on offer. ``ram`` and ``swap`` in MiB, ``disk`` and ``ephemeral`` in GiB; ``rxtx_factor`` is a note, as in Nova."""

    id = models.CharField(primary_key=True, max_length=255)
    name = models.CharField(max_length=255, unique=True)
    vcpus = models.PositiveIntegerField()
    ram = models.PositiveIntegerField()
    disk = models.PositiveIntegerField()
    ephemeral = models.PositiveIntegerField(default=0, db_default=0)
    swap = models.PositiveIntegerField(default=0, db_default=0)
    rxtx_factor = models.FloatField(default=1.0, db_default=1.0)
    is_public = models.BooleanField(default=True)
    disabled = models.BooleanField(default=False)
    description = models.TextField(null=True, blank=True)  # noqa: DJ001 - Nova answers null
    extra_specs = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["ram", "vcpus", "id"]


class FlavorAccess(models.Model):
    """A project that may use a flavor which is not public."""

    flavor = models.ForeignKey(Flavor, models.CASCADE, related_name="access")
    project = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flavor", "project"], name="flavor_access_once")]


class KeyPair(models.Model):
    """A public key of a user. Private keys are never stored."""

    user = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=16, default="ssh")
    public_key = models.TextField()
    fingerprint = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="keypair_name")]
        ordering = ["name"]


class ServerGroup(models.Model):
    """Servers that are made together or apart, by ``policy`` (:mod:`logic.compute.wishes`). ``per_host``: of one that keeps them
    apart, how many may be on one cluster. Its members say so themselves (``Server.group``)."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    user = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    policy = models.CharField(max_length=32)
    per_host = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["project", "created_at", "id"], name="server_group_of")]


class ServerNumber(models.Model):
    """Where numbers of instance names come from: each is handed out once, above any ever seen on any cluster."""

    id = models.BigAutoField(primary_key=True)


def instance_of(number: int, foreign_name: str) -> str:
    """The name of a server's instance on its cluster."""
    return foreign_name or instance_name(settings.BACKEND_PREFIX_ID, number)


class Server(Stateful):
    """A machine of a tenant. What it was made from is kept here, so that a flavor may go. ``number`` is in its instance's
    name, unless somebody else made that and it has another (``foreign_name``); renaming changes ``name`` only.
    ``availability_zone`` is where it is, ``pinned_zone`` the one asked for; servers made by one request share a
    ``reservation`` and count up in ``launch_index``. ``other_flavor`` is the size that it is being resized to, and from then
    on the one that it may go back to (``logic.ledger.sizes``); ``disk`` is what its disk really has. ``tags`` are as
    ``logic.compute.tags`` writes them; ``locked_by`` is ``owner`` or ``admin``, empty for who may do anything; ``hostname`` is
    what its guest was told that it is called (empty: nobody knows), the access addresses are what its user says of it.
    ``group`` is its server group's id, ``hints`` what was asked of its place (None: nothing);
    ``image_properties`` those of its image's that are about servers, as they were when it was made of it; ``disk_config``
    whether its disk is left as its image has it (``MANUAL``), ``config_drive`` whether it was made with a disk of metadata beside
    it (None: that was before anybody noted it, or made elsewhere). ``root_volume`` is the volume that it boots from; then there
    is no ``image``, and ``disk`` is its flavor's alone."""

    # As of all with a life of their own, but for its index: ``server_by_backend`` begins with it.
    backend: Any = models.ForeignKey("placement.Backend", models.PROTECT, null=True, related_name="+", db_index=False)
    number = models.BigIntegerField(unique=True)
    foreign_name = models.CharField(max_length=255, blank=True, default="", db_default="")
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Nova answers null
    project = models.CharField(max_length=64)
    user = models.CharField(max_length=64)
    flavor_id = models.CharField(max_length=255)
    flavor_name = models.CharField(max_length=255)
    vcpus = models.PositiveIntegerField()
    ram = models.PositiveIntegerField()
    disk = models.PositiveIntegerField()
    ephemeral = models.PositiveIntegerField(default=0, db_default=0)
    swap = models.PositiveIntegerField(default=0, db_default=0)
    extra_specs = models.JSONField(default=dict)
    other_flavor = models.JSONField(null=True)
    image = models.CharField(max_length=36, blank=True)
    key_name = models.CharField(max_length=255, blank=True, default="")
    metadata = models.JSONField(default=dict)
    availability_zone = models.CharField(max_length=255, blank=True, default="")
    pinned_zone = models.CharField(max_length=255, blank=True, default="")
    user_data = models.TextField(blank=True, default="")
    reservation = models.CharField(max_length=16, blank=True, default="")
    launch_index = models.PositiveIntegerField(default=0)
    tags = models.TextField(null=True, blank=True)  # noqa: DJ001 - no database default for texts on MariaDB
    locked_by = models.CharField(max_length=8, blank=True, default="", db_default="")
    locked_reason = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - Nova answers null
    hostname = models.CharField(max_length=255, blank=True, default="", db_default="")
    access_ip_v4 = models.CharField(max_length=39, blank=True, default="", db_default="")
    access_ip_v6 = models.CharField(max_length=39, blank=True, default="", db_default="")
    group = models.CharField(max_length=36, blank=True, default="", db_default="")
    hints = models.JSONField(null=True)
    image_properties = models.JSONField(null=True)
    disk_config = models.CharField(max_length=6, blank=True, default="AUTO", db_default="AUTO")
    config_drive = models.BooleanField(null=True)
    root_volume = models.CharField(max_length=36, blank=True, default="", db_default="")
    launched_at = models.DateTimeField(null=True)
    terminated_at = models.DateTimeField(null=True)

    @property
    def instance(self) -> str:
        """The name of its instance on the cluster."""
        return instance_of(self.number, self.foreign_name)

    class Meta:
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="server_living_in", condition=LIVING),
            models.Index(fields=["-created_at", "-id"], name="server_living", condition=LIVING),
            models.Index(fields=["-created_at", "-id"], name="server_gone", condition=models.Q(observed="gone")),
            models.Index(fields=["verb", "project"], name="server_in_flight", condition=~models.Q(verb="")),
            models.Index(fields=["mode", "project"], name="server_failed", condition=models.Q(mode="failed")),
            models.Index(fields=["updated_at"], name="server_by_change"),
            models.Index(fields=["backend", "number"], name="server_by_backend"),
            models.Index(fields=["group"], name="server_in_group", condition=~models.Q(group="")),
            models.Index(
                fields=["terminated_at", "project"],
                name="server_ended",
                condition=models.Q(terminated_at__isnull=False),
            ),
        ]


class Migration(models.Model):
    """A move of a server to another node of its cluster, or a change of its size. ``uuid`` is the id of its command, ``kind`` as
    in ``logic.compute.migration_rows``, ``host`` the cluster's name; ``user`` and ``project`` of who asked for it. ``closed``:
    of one that waits for its user, ``confirmed``, or the id of the command that goes back."""

    uuid = models.CharField(max_length=36, unique=True)
    server = models.CharField(max_length=36)
    kind = models.CharField(max_length=16)
    host = models.CharField(max_length=63)
    user = models.CharField(max_length=64)
    project = models.CharField(max_length=64)
    closed = models.CharField(max_length=36, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["server", "id"], name="migration_of_server")]


class Shelf(models.Model):
    """What becomes of a shelved server that leaves its cluster, or has (``logic.compute.offloading``), by its id. ``image`` is
    made of it (empty: not yet), by the job of that number on its cluster (0: not done); ``step`` is what was begun last,
    ``asked`` the id of its command, ``tries`` how often in a row, and ``due_at`` when somebody is to go on."""

    server = models.CharField(primary_key=True, max_length=36)
    image = models.CharField(max_length=36, blank=True, default="")
    job = models.BigIntegerField(default=0)
    step = models.CharField(max_length=16)
    asked = models.CharField(max_length=36, blank=True, default="")
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_index=True)


class ConsoleTicket(models.Model):
    """The right to see a server's screen, once and soon. ``id`` is the SHA-256 of what the client holds, ``token`` the key of the
    token that asked for it, without which it is worth nothing. Using it deletes it; what is never used is forgotten."""

    id = models.CharField(primary_key=True, max_length=64)
    server = models.CharField(max_length=36)
    token = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)
