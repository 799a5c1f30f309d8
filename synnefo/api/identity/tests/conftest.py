"""The cloud of ``ensure_bootstrap``, with cheap hashes, and its two users signed in."""

import pytest
from argon2 import PasswordHasher

from logic.identity import secrets
from logic.identity.commands import ensure_bootstrap
from synnefo.api.identity.tests.bodies import ADMIN_PASSWORD, DEMO_PASSWORD, password_login
from synnefo.api.testing import Api


@pytest.fixture
def cloud(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Nobody is signed in."""
    monkeypatch.setattr(secrets, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    ensure_bootstrap(ADMIN_PASSWORD, DEMO_PASSWORD)
    return api


@pytest.fixture
def admin(cloud: Api) -> Api:
    return _signed_in(cloud, "admin", ADMIN_PASSWORD)


@pytest.fixture
def demo(cloud: Api) -> Api:
    return _signed_in(cloud, "demo", DEMO_PASSWORD)


def _signed_in(cloud: Api, name: str, password: str) -> Api:
    reply = cloud.post("/identity/v3/auth/tokens", password_login(name, password, name))
    assert reply.status == 201
    return Api(reply.headers["x-subject-token"])
