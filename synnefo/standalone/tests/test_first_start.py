"""What the first start makes, and what a later one makes of it."""

import asyncio
from types import SimpleNamespace

import pytest
from django.db import connections

from logic.compute import commands
from logic.compute.models import Server
from logic.identity.commands.bootstrap import ensure_bootstrap, set_password
from logic.offload import Inline
from logic.testing.worlds import ALICE, IMAGE, furnish
from synnefo.management.commands import standalone
from synnefo.standalone import clouds, samples

WHO = clouds.Credentials("demo", "first password", "demo", "admins password")


@pytest.fixture
def start(db, tmp_path, monkeypatch):
    """A start of the embedded cloud, as far as the samples; ``killed_after`` so many of them."""
    furnish()
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    monkeypatch.setattr(samples, "PATIENCE", 0.0)
    monkeypatch.setattr(standalone, "_chosen", lambda: ("1", IMAGE))

    async def make(database):
        connections["default"] = database  # the test's own transaction, also inside the loop
        await standalone.Command()._make_samples(Inline(), ALICE, tmp_path)

    def once(killed_after=99):
        create = commands.create_servers

        def killed(*arguments):
            if Server.objects.count() == killed_after:
                raise KeyboardInterrupt
            return create(*arguments)

        with monkeypatch.context() as during:
            during.setattr(samples, "commands", SimpleNamespace(create_servers=killed))
            asyncio.run(make(connections["default"]))

    return once


def names():
    return sorted(Server.objects.values_list("name", flat=True))


@pytest.mark.parametrize("made", [0, 1, 2])
def test_a_first_start_that_was_killed_is_made_good_by_the_next(start, made):
    with pytest.raises(KeyboardInterrupt):
        start(killed_after=made)
    assert len(names()) == made
    start()
    assert names() == ["db-1", "web-1", "worker-1"]


def test_samples_that_were_made_once_are_the_tenants_to_rename_and_delete(start):
    start()
    Server.objects.filter(name="web-1").update(name="mine")
    Server.objects.filter(name="db-1").delete()
    start()
    assert names() == ["mine", "worker-1"]


def test_a_sample_deleted_before_all_were_made_is_not_made_again(start):
    with pytest.raises(KeyboardInterrupt):
        start(killed_after=2)
    Server.objects.filter(name="db-1").update(observed="gone")
    start()
    assert names() == ["db-1", "web-1", "worker-1"]


def told(tmp_path):
    changed = standalone.changed_passwords(WHO)
    return clouds.ready_lines(WHO, "http://here", tmp_path, "debian-12", "m1.small", changed)


def test_the_password_of_the_first_start_is_told_while_it_is_right(db, tmp_path):
    ensure_bootstrap(WHO.admin_password, WHO.password)
    lines = told(tmp_path)
    assert lines[0].endswith("password first password")
    assert "changed" not in " ".join(lines)


def test_a_password_that_has_been_changed_since_is_said_to_be_and_the_old_one_not_told(db, tmp_path):
    ensure_bootstrap(WHO.admin_password, WHO.password)
    set_password("demo", "another password")
    lines = told(tmp_path)
    assert lines[0].endswith("(the password has been changed since)")
    assert f"write it into {tmp_path / 'credentials.json'}" in lines[1]
    assert WHO.password not in "".join(lines)


def test_a_changed_password_of_the_administrator_is_said_too(db, tmp_path):
    ensure_bootstrap(WHO.admin_password, WHO.password)
    set_password("admin", "another password")
    lines = told(tmp_path)
    assert lines[0].endswith("password first password")
    assert lines[1].startswith("The password of admin has been changed since")
