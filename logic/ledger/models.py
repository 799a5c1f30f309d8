"""Tables of the ledger. Only ``logic.ledger`` writes them."""

from django.db import models

from logic import clock
from logic.db import new_id

OPEN = ("pending", "claimed", "accepted")  # the statuses of commands that are not settled, as an index knows them


class Command(models.Model):
    """A command as a row: this table is the queue of commands. Columns as in ``logic.snapshots.Effort``; ``since`` is the
    highest job id known before an attempt, ``payload`` the command as ``logic.messages.codec`` wrote it."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    kind = models.CharField(max_length=16)
    resource = models.CharField(max_length=36)
    backend = models.ForeignKey("placement.Backend", models.PROTECT, related_name="+", db_index=False)
    verb = models.CharField(max_length=24)
    idempotency = models.CharField(max_length=8, default="natural")
    payload = models.BinaryField()
    status = models.CharField(max_length=8, default="pending")
    outcome = models.CharField(max_length=12, blank=True, default="")
    code = models.CharField(max_length=64, blank=True, default="")
    error = models.TextField(blank=True, default="")
    epoch = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    again = models.BooleanField(default=False)
    holder = models.CharField(max_length=128, blank=True, default="")
    due_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField(null=True)
    job = models.BigIntegerField(default=0)
    rank = models.SmallIntegerField(default=-1)
    since = models.BigIntegerField(default=0)
    request = models.CharField(max_length=64, blank=True, default="")
    user = models.CharField(max_length=64, blank=True, default="")
    project = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "due_at"], name="command_due"),
            models.Index(fields=["resource", "status"], name="command_of_resource"),
            models.Index(fields=["backend", "job"], name="command_by_job"),
            models.Index(fields=["settled_at"], name="command_by_end"),
        ]


class Inbox(models.Model):
    """Keys of observations already applied, for N days; the fence catches older replays."""

    key = models.CharField(primary_key=True, max_length=32)
    at = models.DateTimeField(default=clock.now, db_index=True)


class Journal(models.Model):
    """What happened to a resource and why. ``changes`` holds the new values of the state columns that changed, so that a
    replay from the first line gives the columns; ``actor`` is a user, a cluster or ``reconcile``."""

    kind = models.CharField(max_length=16)
    resource = models.CharField(max_length=36)
    at = models.DateTimeField(default=clock.now)
    what = models.CharField(max_length=32)
    text = models.TextField(blank=True, default="")
    actor = models.CharField(max_length=128, blank=True, default="")
    request = models.CharField(max_length=64, blank=True, default="")
    command = models.CharField(max_length=36, blank=True, default="")
    job = models.BigIntegerField(default=0)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["resource", "id"], name="journal_of_resource")]


class Parked(models.Model):
    """A message to try again at ``due_at``: quorum queues have no delay. ``first_at`` and ``replays`` as in the quarantine."""

    body = models.BinaryField()
    cluster = models.CharField(max_length=63)
    routing_key = models.CharField(max_length=255, blank=True, default="")
    reason = models.TextField()
    tries = models.IntegerField(default=1)
    due_at = models.DateTimeField(db_index=True)
    first_at = models.DateTimeField(default=clock.now)
    replays = models.PositiveIntegerField(default=0, db_default=0)


class Quarantine(models.Model):
    """A message that cannot be applied: its bytes as they came, and why. Replayed or dropped by an operator.
    ``first_at`` is when it was set aside first, however often it was replayed since."""

    body = models.BinaryField()
    cluster = models.CharField(max_length=63, blank=True, default="")
    routing_key = models.CharField(max_length=255, blank=True, default="")
    reason = models.TextField()
    first_at = models.DateTimeField(default=clock.now)
    replays = models.PositiveIntegerField(default=0, db_default=0)


class Lease(models.Model):
    """Who runs a singleton (reconcile). ``epoch`` grows with each holder and is checked in every write of it."""

    name = models.CharField(primary_key=True, max_length=64)
    holder = models.CharField(max_length=128)
    epoch = models.BigIntegerField(default=0)
    until = models.DateTimeField()


class Presence(models.Model):
    """A process that claims commands (``Command.holder``), and until when it is surely there."""

    holder = models.CharField(primary_key=True, max_length=128)
    until = models.DateTimeField()


class Mark(models.Model):
    """How far something that goes through a table by its ids has come: the highest id it has behind it."""

    name = models.CharField(primary_key=True, max_length=64)
    position = models.BigIntegerField(default=0)
