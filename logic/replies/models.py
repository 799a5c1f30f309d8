"""The table of replies. No verbs."""

from django.db import models

from logic import clock


class Reply(models.Model):
    """What a request was answered. ``key`` is the SHA-256 of whose it was and of the client's key, ``request`` that of what it
    asked for. ``status`` 0: it is being answered, in a transaction that nobody else sees. ``content`` is encrypted: a reply may
    hold a secret that is told once."""

    key = models.CharField(primary_key=True, max_length=64)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    content = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)
