"""Tables of quota: limits, and usage as a sum of inserted deltas (folded in the background, so that no row is hot)."""

from django.db import models

from logic import clock

EVERY = ""  # the project whose limits are the defaults that an administrator has set over an API


class Limit(models.Model):
    """A project's own limit of a resource; without one that of the project called :data:`EVERY` holds, which is the default of
    all, and without that the one of settings.d. -1: unlimited."""

    project = models.CharField(max_length=64)
    resource = models.CharField(max_length=64)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "resource"], name="quota_limit_once")]


class UserLimit(models.Model):
    """What one user (``who``) may have at most of what a project may. What is used of it is counted by whoever checks it: there
    are no sums for users. -1: as much as the project."""

    project = models.CharField(max_length=64)
    who = models.CharField(max_length=64)
    resource = models.CharField(max_length=64)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "who", "resource"], name="quota_user_limit_once")]


class Usage(models.Model):
    """Folded deltas of a project: what is used is this plus the deltas not folded yet."""

    project = models.CharField(max_length=64)
    resource = models.CharField(max_length=64)
    amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "resource"], name="quota_usage_once")]


class Delta(models.Model):
    """One change of usage: positive when a resource is made, negative when it is gone. ``holder`` is the resource's
    id; (holder, resource, released) is unique, so that nothing is counted or given back twice."""

    project = models.CharField(max_length=64)
    resource = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    holder = models.CharField(max_length=36)
    released = models.BooleanField(default=False)
    folded = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["holder", "resource", "released"], name="quota_delta_once")]
        indexes = [models.Index(fields=["folded", "project", "resource"], name="quota_delta_fresh")]
