"""A small cloud: admin and demo as ``ensure_bootstrap`` makes them, with cheap hashes."""

import pytest
from argon2 import PasswordHasher

from logic.access import Caller
from logic.identity import attempts, secrets
from logic.identity.commands import ensure_bootstrap
from logic.identity.models import Project, User
from logic.identity.tests.worlds import ADMIN_PASSWORD, DEMO_PASSWORD


@pytest.fixture
def cloud(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "logins", attempts.Attempts())
    monkeypatch.setattr(secrets, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    secrets._nobody.cache_clear()
    ensure_bootstrap(ADMIN_PASSWORD, DEMO_PASSWORD)


@pytest.fixture
def demo(cloud: None) -> Caller:
    return _caller("demo", "member")


@pytest.fixture
def admin(cloud: None) -> Caller:
    return _caller("admin", "admin")


def _caller(name: str, role: str) -> Caller:
    user, project = User.objects.get(name=name), Project.objects.get(name=name)
    return Caller(user=user.id, project=project.id, roles=frozenset({role}), user_name=name, project_name=name)
