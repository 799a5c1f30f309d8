"""Only identity, on a database in memory."""

from synnefo.settings import *  # noqa: F403

INSTALLED_APPS = ["logic.identity"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
