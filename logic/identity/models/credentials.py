"""What one proves to be somebody with, besides a password; and tokens."""

from django.db import models

from logic import clock
from logic.identity.models.ids import new_id
from logic.identity.models.people import Domain, Project, User


class AccessRule(models.Model):
    """A request that an application credential may make: kept for its user, since credentials come and go."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    user = models.ForeignKey(User, models.CASCADE, related_name="access_rules")
    service = models.CharField(max_length=64)
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=255)

    class Meta:
        ordering = ["id"]


class ApplicationCredential(models.Model):
    """A secret by which a program acts for a user in one project, with at most the roles listed by name.

    ``access_rules``: [{id, service, method, path}], the only requests it may make; null: any. ``unrestricted``: it may make
    other credentials, whose ``parent`` it is: they go with it.
    """

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    user = models.ForeignKey(User, models.CASCADE, related_name="credentials")
    project = models.ForeignKey(Project, models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=255)
    description = models.TextField(default="", blank=True)
    secret = models.CharField(max_length=255)
    roles = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    unrestricted = models.BooleanField(default=False, db_default=False)
    access_rules = models.JSONField(null=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="credential_name")]
        ordering = ["name"]


class StoredCredential(models.Model):
    """A secret kept for its user, encrypted (``logic.secretkeys``): EC2 keys, whose signatures are checked with it, and what
    others keep here. ``access``: the SHA-256 of an EC2 access key. ``source``: the application credential that it was made with,
    if any: it is worth no more than that, and goes with it."""

    id = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, models.CASCADE, related_name="stored")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="stored")
    type = models.CharField(max_length=64)
    blob = models.TextField()
    access = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - many have none
    source = models.ForeignKey(ApplicationCredential, models.CASCADE, null=True, related_name="stored")

    class Meta:
        ordering = ["id"]


class Token(models.Model):
    """A bearer's right to act until ``expires_at``. ``id`` is the SHA-256 of what the client holds. A scope is a project,
    a domain, the system or nothing; a token made from another one has it as its parent and goes with it."""

    id = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="+")
    system = models.BooleanField(default=False, db_default=False)
    credential = models.ForeignKey(ApplicationCredential, models.CASCADE, null=True, related_name="tokens")
    stored = models.ForeignKey(StoredCredential, models.CASCADE, null=True, related_name="tokens")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    methods = models.JSONField(default=list)
    audit_ids = models.JSONField(default=list)
    issued_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(db_index=True)
