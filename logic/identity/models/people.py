"""Domains, projects, users and groups of them."""

from django.db import models

from logic.identity.models.ids import new_id


class Domain(models.Model):
    """A name space of projects, users and groups. Disabled: none of them authenticates. ``extra``: fields of the makers' own."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = models.CharField(max_length=64, unique=True)
    description = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True, db_default=True)
    extra = models.JSONField(null=True)

    class Meta:
        ordering = ["name"]


class Project(models.Model):
    """A tenant: what owns servers, networks and quota. ``parent``: a project of the same domain that has none itself."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="projects")
    name = models.CharField(max_length=64)
    description = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    tags = models.JSONField(null=True)
    extra = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "name"], name="project_name")]
        ordering = ["name", "id"]


class User(models.Model):
    """A person or a program. ``password`` is an argon2id hash; empty: cannot log in with one. ``options``: Keystone's, those
    that are offered."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="users")
    name = models.CharField(max_length=255)
    password = models.CharField(max_length=255, default="", blank=True)
    email = models.CharField(max_length=255, default="", blank=True)
    description = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True)
    default_project = models.ForeignKey(Project, models.SET_NULL, null=True, blank=True, related_name="+")
    options = models.JSONField(null=True)
    extra = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "name"], name="user_name")]
        ordering = ["name", "id"]


class Group(models.Model):
    """Users who are given roles together."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="groups")
    name = models.CharField(max_length=64)
    description = models.TextField(default="", blank=True)
    extra = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "name"], name="group_name")]
        ordering = ["name", "id"]


class Membership(models.Model):
    """A user is in a group."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", db_index=False)  # the constraint has it
    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="membership_once")]
