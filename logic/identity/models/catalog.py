"""What an operator adds to the catalog, and documents kept for other services. Built-in entries are no rows."""

from django.db import models

from logic.identity.models.ids import new_id


class Region(models.Model):
    """A place with endpoints."""

    id = models.CharField(primary_key=True, max_length=255, default=new_id)
    description = models.TextField(default="", blank=True)
    parent = models.CharField(max_length=255, default="", blank=True)
    extra = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]


class Service(models.Model):
    """Something else that answers."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    type = models.CharField(max_length=255)
    name = models.CharField(max_length=255, default="", blank=True)
    description = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True)
    extra = models.JSONField(null=True)

    class Meta:
        ordering = ["type", "id"]


class Endpoint(models.Model):
    """Where a service answers. ``region`` may be the built-in one, which is no row."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    service = models.ForeignKey(Service, models.CASCADE, related_name="endpoints")
    interface = models.CharField(max_length=8)
    region = models.CharField(max_length=255, default="", blank=True)
    url = models.TextField()
    enabled = models.BooleanField(default=True)
    extra = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]


class Policy(models.Model):
    """A document that some service reads; nothing here does."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    type = models.CharField(max_length=255)
    blob = models.TextField()
    extra = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]


class RegisteredLimit(models.Model):
    """How much of a resource each project has of a service (by id, built-in or not) in a region (by id, or empty)."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    service = models.CharField(max_length=32)
    region = models.CharField(max_length=255, default="", blank=True)
    resource = models.CharField(max_length=255)
    amount = models.BigIntegerField()
    description = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "region", "resource"], name="registered_limit_once")]
        ordering = ["id"]


class Limit(models.Model):
    """How much one project or one domain has instead."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    registered = models.ForeignKey(RegisteredLimit, models.PROTECT, related_name="limits", db_index=False)
    project = models.ForeignKey("Project", models.CASCADE, null=True, related_name="+")
    domain = models.ForeignKey("Domain", models.CASCADE, null=True, related_name="+")
    owner = models.CharField(max_length=32)  # the id of either, so that there is one of them
    amount = models.BigIntegerField()
    description = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registered", "owner"], name="limit_once")]
        ordering = ["id"]
