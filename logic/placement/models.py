"""The table of backends: clusters, how to reach them, what they said of themselves, by what their nodes are known; and the
instances on them that the database does not account for. No verbs."""

from django.db import models

from logic import clock
from logic.db import new_id


class Restored(models.TextChoices):
    """What a restored database knows of a cluster is from the time of the backup. Until the cluster has been looked at as a
    whole, it is sent no command, and no server is made anywhere."""

    BEING = "restoring"  # the restore itself is not over
    TO_LOOK_AT = "restored"


class Backend(models.Model):
    """A cluster. ``name`` is its word in routing keys; ``incarnation`` the UUID Ganeti gave it; ``secret`` the RAPI
    password, encrypted. ``drained`` takes no new servers (``drained_reason``: as an administrator said), ``offline`` is not
    spoken to at all. Memory and disk in MiB; ``last_job`` the highest job id known. ``features`` are the words of what its API
    can, with spaces between; ``unfit`` says why it takes no new servers for what it is. ``nodes`` are those that may take
    instances (None: not told), ``memory_largest`` and ``disk_largest`` the most that is free on one of them, ``vcpu_ratio`` how
    many virtual cores may share one, ``vcpus_used`` those of our servers. ``pinned``: there is a :class:`Pin` of it."""

    name = models.SlugField(max_length=63, unique=True)
    kind = models.CharField(max_length=32, default="ganeti")
    endpoint = models.CharField(max_length=255)
    username = models.CharField(max_length=255, blank=True, default="")
    secret = models.TextField(blank=True, default="")
    ca_file = models.CharField(max_length=255, blank=True, default="")
    drained = models.BooleanField(default=False)
    drained_reason = models.CharField(max_length=255, blank=True, default="", db_default="")
    offline = models.BooleanField(default=False)
    restored = models.CharField(max_length=9, choices=Restored.choices, default="", db_default="", blank=True)
    incarnation = models.CharField(max_length=36, blank=True, default="")
    software = models.CharField(max_length=64, blank=True, default="")
    features = models.CharField(max_length=1024, blank=True, default="", db_default="")
    unfit = models.CharField(max_length=512, blank=True, default="", db_default="")
    disk_template = models.CharField(max_length=32, blank=True, default="")
    hypervisor = models.CharField(max_length=32, blank=True, default="")
    nic_link = models.CharField(max_length=64, blank=True, default="")
    memory_total = models.BigIntegerField(default=0)
    memory_free = models.BigIntegerField(default=0)
    disk_total = models.BigIntegerField(default=0)
    disk_free = models.BigIntegerField(default=0)
    cores = models.IntegerField(default=0)
    nodes = models.IntegerField(null=True)
    memory_largest = models.BigIntegerField(default=0, db_default=0)
    disk_largest = models.BigIntegerField(default=0, db_default=0)
    vcpu_ratio = models.FloatField(default=0.0, db_default=0.0)
    vcpus_used = models.IntegerField(default=0, db_default=0)
    disk_templates = models.CharField(max_length=255, blank=True, default="", db_default="")
    pinned = models.BooleanField(default=False, db_default=False)
    last_job = models.BigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name"]


class Pin(models.Model):
    """A project whose servers a cluster takes; of a cluster with pins no other's. A project with pins goes nowhere else."""

    backend = models.ForeignKey(Backend, models.CASCADE, related_name="pins")
    project = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "backend"], name="pin_once")]


class NodeKey(models.Model):
    """What the nodes of a cluster show when they ask what is wanted of their interfaces; only its digest is kept."""

    backend = models.ForeignKey(Backend, models.CASCADE, related_name="node_keys")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]


class Stray(models.Model):
    """An instance on a cluster that is nobody's: a *ghost* of a server that was deleted, an *orphan*, which has our name or our
    tag and no server, or one that is *foreign*, which has neither. A row from the first look that found it until the first
    that does not; ``looks`` counts the complete looks in a row. ``owner`` is the server's id in its tag, ``reason`` why it is
    nobody's."""

    backend = models.ForeignKey(Backend, models.CASCADE, related_name="strays")
    instance = models.CharField(max_length=255)
    instance_uuid = models.CharField(max_length=64, blank=True, default="")
    owner = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=16, blank=True, default="")
    kind = models.CharField(max_length=8)
    reason = models.CharField(max_length=512)
    looks = models.PositiveIntegerField(default=1)
    first_seen = models.DateTimeField(default=clock.now)
    last_seen = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["backend", "instance"], name="stray_once")]
        ordering = ["backend", "instance"]


class Aggregate(models.Model):
    """Clusters under one name, with notes: for administrators to sort them by. Placement does not look at it. ``zone`` is the
    name of the one cluster that may be in it, where its maker has said so: here each is a zone of its own."""

    uuid = models.CharField(max_length=36, unique=True, default=new_id)
    name = models.CharField(max_length=255, unique=True)
    zone = models.CharField(max_length=255, blank=True, default="")
    metadata = models.JSONField(default=dict)
    backends = models.ManyToManyField(Backend, related_name="aggregates")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
