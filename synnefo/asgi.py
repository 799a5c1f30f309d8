"""The API process's ASGI application: ``uvicorn synnefo.asgi:application``. What it does is in ``synnefo.api.kernel.edge``."""

import gc
import os

import django
import structlog
from django.conf import settings
from django.db import connections

from logic import failpoints
from synnefo.logging import set_up
from synnefo.settings.databases import impatient

YOUNG = 20_000  # objects between two collections; a long listing makes as many, and all of them are still needed

gc.set_threshold(YOUNG, 20, 20)  # from here on, since nearly all that is made at the start stays
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
django.setup(set_prefix=False)
if not structlog.is_configured():  # the embedded cloud has done it
    set_up("api")
failpoints.obey(os.environ)
for name, database in connections.settings.items():  # before anything has connected
    connections.settings[name] = impatient(database, settings.API_LOCK_TIMEOUT)
from synnefo.api.kernel.edge import Edge  # noqa: E402 - tables can be named only when Django is set up

gc.freeze()  # what is there by now stays: the collector need not walk through it again and again
application = Edge()
