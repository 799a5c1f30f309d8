"""Tables of identity. No verbs: writes are in ``commands``, reads in ``queries``.

Secrets are kept as hashes only: passwords and application credentials as argon2id, tokens (256 bits of chance) as
SHA-256. Deleting a user, a project, a credential or a token deletes what was made from it.
"""

from django.db import models

from logic import clock


def new_id() -> str:
    """An id as Keystone prints it: 32 hexadecimal digits."""
    return clock.new_uuid().hex


class Domain(models.Model):
    """A name space of projects and users. There is one, with the id ``default``."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = models.CharField(max_length=64, unique=True)
    description = models.TextField(default="", blank=True)


class Project(models.Model):
    """A tenant: what owns servers, networks and quota."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="projects")
    name = models.CharField(max_length=64)
    description = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "name"], name="project_name")]
        ordering = ["name", "id"]


class User(models.Model):
    """A person or a program. ``password`` is an argon2id hash; empty: cannot log in with one."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="users")
    name = models.CharField(max_length=255)
    password = models.CharField(max_length=255, default="", blank=True)
    email = models.CharField(max_length=255, default="", blank=True)
    description = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True)
    default_project = models.ForeignKey(Project, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "name"], name="user_name")]
        ordering = ["name", "id"]


class Role(models.Model):
    """``admin``, ``member``, ``reader``, and any name an operator adds."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(default="", blank=True)

    class Meta:
        ordering = ["name"]


class Assignment(models.Model):
    """A user holds a role in a project, or in a domain: exactly one of the two is set."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments")
    role = models.ForeignKey(Role, models.CASCADE, related_name="assignments")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="assignments")
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="assignments")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "project", "role"], name="assignment_on_project"),
            models.UniqueConstraint(fields=["user", "domain", "role"], name="assignment_on_domain"),
            models.CheckConstraint(
                condition=models.Q(project__isnull=True) ^ models.Q(domain__isnull=True), name="assignment_scope"
            ),
        ]
        ordering = ["id"]


class ApplicationCredential(models.Model):
    """A secret by which a program acts for a user in one project, with at most the roles listed by name."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    user = models.ForeignKey(User, models.CASCADE, related_name="credentials")
    project = models.ForeignKey(Project, models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=255)
    description = models.TextField(default="", blank=True)
    secret = models.CharField(max_length=255)
    roles = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="credential_name")]
        ordering = ["name"]


class Token(models.Model):
    """A bearer's right to act until ``expires_at``. ``id`` is the SHA-256 of what the client holds. A scope is a project,
    a domain or nothing; a token made from another one has it as its parent and goes with it."""

    id = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="+")
    credential = models.ForeignKey(ApplicationCredential, models.CASCADE, null=True, related_name="tokens")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    methods = models.JSONField(default=list)
    audit_ids = models.JSONField(default=list)
    issued_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(db_index=True)
