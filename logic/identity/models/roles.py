"""Roles, what they imply, and who holds them where."""

from django.db import models

from logic.identity.models.ids import new_id
from logic.identity.models.people import Domain, Group, Project, User


class Role(models.Model):
    """``admin``, ``member``, ``reader``, and any name an operator adds. A role of a ``domain`` counts by what it implies only.
    Names are unique in the whole cloud, so that no domain's role is taken for another."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(default="", blank=True)
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="roles")
    extra = models.JSONField(null=True)

    class Meta:
        ordering = ["name"]


class Implication(models.Model):
    """Who holds ``prior`` holds ``implied`` too. What the built-in roles imply is in ``logic.access`` and not here."""

    prior = models.ForeignKey(Role, models.CASCADE, related_name="implies", db_index=False)
    implied = models.ForeignKey(Role, models.CASCADE, related_name="implied_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prior", "implied"], name="implication_once")]


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


class Grant(models.Model):
    """A role held otherwise than by an :class:`Assignment`: by a group, on the system (no project and no domain), or inherited
    by what is below a project or a domain (and not held there). ``key`` names all of it and makes it unique."""

    key = models.CharField(primary_key=True, max_length=160)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="grants")
    role = models.ForeignKey(Role, models.CASCADE, related_name="grants")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="grants")
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, related_name="grants")
    inherited = models.BooleanField(default=False)

    class Meta:
        ordering = ["key"]
