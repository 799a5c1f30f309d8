"""The first inhabitants of an empty cloud."""

import json

import pytest
from django.core.management import CommandError, call_command

from logic.identity.models import User

pytestmark = pytest.mark.django_db


def files(tmp_path):
    for name in ("admin", "demo"):
        (tmp_path / name).write_text(f"a long {name} password\nsomething else\n")
    return {"admin_password_file": tmp_path / "admin", "demo_password_file": tmp_path / "demo"}


def test_it_makes_admin_and_demo_and_says_so(tmp_path, capsys):
    call_command("bootstrap", json=True, **files(tmp_path))
    assert json.loads(capsys.readouterr().out)["user"] == "demo"
    assert set(User.objects.values_list("name", flat=True)) == {"admin", "demo"}


def test_a_second_run_changes_no_password(tmp_path):
    call_command("bootstrap", **files(tmp_path))
    before = User.objects.get(name="admin").password
    (tmp_path / "admin").write_text("another password\n")
    call_command("bootstrap", **files(tmp_path) | {"admin_password_file": tmp_path / "admin"})
    assert User.objects.get(name="admin").password == before


@pytest.mark.parametrize("content", [None, "", "\nsecond line"])
def test_without_a_password_nothing_is_made(tmp_path, content):
    if content is not None:
        (tmp_path / "admin").write_text(content)
    with pytest.raises(CommandError):
        call_command("bootstrap", admin_password_file=tmp_path / "admin")
    assert not User.objects.exists()
