"""One world for all rows of a run: nothing that a row asks for stays in it."""

import logging
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from django.db import transaction

from logic.identity import attempts, secrets
from logic.offload import Inline
from synnefo.api.kernel import running
from synnefo.api.tests.isolation import world


@pytest.fixture(scope="package")
def things(django_db_setup: None, django_db_blocker) -> Iterator[world.Things]:
    """Two tenants and what they have, in a transaction that is taken back."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), world.SETTINGS:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        patch.setattr(attempts.Attempts, "begin", lambda *_: None)  # who guesses often is turned away elsewhere
        patch.setattr(secrets, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        secrets._nobody.cache_clear()
        logging.disable(logging.ERROR)  # twenty thousand lines that nobody reads
        running.install(Inline())
        with transaction.atomic():
            yield world.build()
            transaction.set_rollback(True)
        running.install(None)
        logging.disable(logging.NOTSET)
