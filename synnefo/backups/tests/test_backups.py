"""A backup is the whole cloud as of one moment; a restore gives it back, and says of itself that it is one."""

import stat
import tarfile

import msgspec
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from logic import secretkeys
from logic.compute import commands
from logic.compute.models import Server
from logic.errors import Conflict, Unavailable
from logic.ledger.models import Journal
from logic.placement import commands as placement
from logic.placement.models import Backend
from logic.testing.worlds import ALICE, create, furnish, running, take
from synnefo.backups import archive, work
from synnefo.testing.databases import replaced


def rows():
    """All that a restore has to give back exactly."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in (Server, Journal)}


@pytest.fixture
def cloud(database):
    """A server that runs, one that is asked for, and a password that is kept encrypted."""
    furnish()
    running()
    placement.modify_backend("c1", password="sesame", last_job=40)
    create(name="asked-for")
    return database


def test_what_was_there_is_there_again_and_what_came_after_is_not(cloud, tmp_path):
    before = rows()
    work.backup(tmp_path / "backup")
    create(name="later")
    Server.objects.filter(name="asked-for").update(name="renamed")
    work.restore(tmp_path / "backup", replace=True, skip=10)
    assert rows() == before


def test_an_empty_database_is_filled(cloud, empty, tmp_path):
    before = rows()
    work.backup(tmp_path / "backup")
    with replaced(empty()):
        done = work.restore(tmp_path / "backup", replace=False, skip=10)
        assert rows() == before
        assert (done.servers, done.outlook.backends) == (2, ["c1"])


def test_a_backup_of_what_was_restored_can_be_restored(cloud, tmp_path):
    before = rows()
    for number in range(2):
        work.backup(tmp_path / f"backup{number}")
        work.restore(tmp_path / f"backup{number}", replace=True, skip=10)
    assert rows() == before


def test_a_table_that_only_the_newer_database_has_is_gone(cloud, tmp_path):
    work.backup(tmp_path / "backup")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_a_newer_version (id integer)")
    work.restore(tmp_path / "backup", replace=True, skip=10)
    assert "of_a_newer_version" not in connection.introspection.table_names()


def test_no_number_is_handed_out_again(cloud, tmp_path):
    work.backup(tmp_path / "backup")
    later = create(name="later")
    work.restore(tmp_path / "backup", replace=True, skip=10)
    Backend.objects.update(restored="")
    assert create(name="new").number > later.number + 5


def test_until_each_cluster_has_been_looked_at_no_server_is_made_and_no_command_goes_out(cloud, tmp_path):
    work.backup(tmp_path / "backup")
    work.restore(tmp_path / "backup", replace=True, skip=10)
    server = Server.objects.get(name="demo")
    with pytest.raises(Unavailable, match="not yet looked at c1"):
        create()
    commands.stop_server(ALICE, server.pk)
    with pytest.raises(ValueError, match="not enough"):
        take()
    placement.trust("c1")
    create()


def test_what_was_not_settled_is_looked_for_before_it_is_sent_again(cloud, tmp_path):
    work.backup(tmp_path / "backup")
    work.restore(tmp_path / "backup", replace=True, skip=10)
    placement.modify_backend("c1", last_job=99)
    placement.trust("c1")
    sending = take().command.sending
    assert (sending.again, sending.since) == (True, 40)


def test_a_holder_from_before_owns_nothing_after(cloud, tmp_path):
    from logic.ledger.leases import hold_lease

    hold_lease("reconcile", "long before", seconds=0)
    work.backup(tmp_path / "backup")
    epoch, claimed = hold_lease("reconcile", "before", seconds=900), take()
    work.restore(tmp_path / "backup", replace=True, skip=10)
    placement.trust("c1")
    assert hold_lease("reconcile", "after", seconds=30) > epoch
    assert take().command.sending.epoch > claimed.command.sending.epoch


def test_the_keys_of_the_backup_are_added_to_those_that_are_there(cloud, tmp_path):
    work.backup(tmp_path / "backup")
    (old,) = secretkeys.current().fingerprints()
    secretkeys.use(tmp_path / "elsewhere" / "secret-keys")
    (new,) = secretkeys.current().fingerprints()
    assert work.restore(tmp_path / "backup", replace=True, skip=10).keys_added == 1
    assert secretkeys.current().fingerprints() == [new, old]
    assert secretkeys.current().decrypt(Backend.objects.get().secret) == "sesame"


def test_the_keys_are_put_where_there_were_none(cloud, tmp_path):
    work.backup(tmp_path / "backup")
    old = secretkeys.current().fingerprints()
    path = tmp_path / "new" / "secret-keys"
    secretkeys.use(path)
    work.restore(tmp_path / "backup", replace=True, skip=10)
    assert secretkeys.current().fingerprints() == old
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


class TestFile:
    """On SQLite alone: the file is the same for each kind."""

    @pytest.fixture
    def kind(self):
        return "sqlite"

    def test_it_is_for_its_owner_only_and_holds_what_it_says(self, cloud, tmp_path):
        about = work.backup(tmp_path / "backup")
        assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
        with tarfile.open(tmp_path / "backup") as tar:
            assert tar.getnames() == ["about.json", "database", "secret-keys"]
            assert {member.mode for member in tar.getmembers()} == {0o600}
        assert about.database == "sqlite"
        assert "0001_initial" in about.migrations["ledger"]

    def test_nothing_else_is_left_behind(self, cloud, tmp_path):
        (tmp_path / "kept").mkdir()
        work.backup(tmp_path / "kept" / "backup")
        work.restore(tmp_path / "kept" / "backup", replace=True, skip=10)
        assert [one.name for one in (tmp_path / "kept").iterdir()] == ["backup"]
        assert not list((tmp_path / "var").glob(".restore-*"))

    def test_one_that_is_there_is_not_overwritten(self, cloud, tmp_path):
        (tmp_path / "backup").write_text("mine")
        with pytest.raises(Conflict, match="already"):
            work.backup(tmp_path / "backup")
        assert (tmp_path / "backup").read_text() == "mine"

    def test_a_place_that_cannot_be_written_is_told(self, cloud, tmp_path):
        with pytest.raises(Conflict, match="cannot be written: No such file"):
            work.backup(tmp_path / "nowhere" / "backup")

    @pytest.mark.parametrize(
        ("damage", "told"),
        [
            (lambda path: path.write_bytes(b""), "no backup"),
            (lambda path: path.write_bytes(b"rubbish" * 1000), "no backup"),
            (lambda path: path.write_bytes(path.read_bytes()[:3000]), "no backup|damaged"),
            (lambda path: path.write_bytes(flipped(path.read_bytes())), "damaged"),
            (lambda path: path.unlink(), "no file"),
        ],
    )
    def test_one_that_is_not_whole_changes_nothing(self, cloud, tmp_path, damage, told):
        work.backup(tmp_path / "backup")
        create(name="later")
        before = rows()
        damage(tmp_path / "backup")
        with pytest.raises(Conflict, match=told):
            work.restore(tmp_path / "backup", replace=True, skip=10)
        assert rows() == before

    def test_a_tar_of_somebody_elses_making_writes_nowhere_else(self, cloud, tmp_path):
        (tmp_path / "evil").write_text("evil")
        with tarfile.open(tmp_path / "backup", "w") as tar:
            tar.add(tmp_path / "evil", "../../outside")
        with pytest.raises(Conflict, match="no backup"):
            work.restore(tmp_path / "backup", replace=True, skip=10)
        assert not (tmp_path / "outside").exists()

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"database": "postgresql"}, "is of postgresql"),
            ({"format": 9}, "format 9"),
            ({"migrations": {"ledger": ["0999_of_tomorrow"]}}, "newer version"),
        ],
    )
    def test_one_that_does_not_fit_is_refused(self, cloud, tmp_path, monkeypatch, change, told):
        made = archive.About
        monkeypatch.setattr(work, "About", lambda **facts: made(**(facts | change)))
        work.backup(tmp_path / "backup")
        with pytest.raises(Conflict, match=told):
            work.restore(tmp_path / "backup", replace=True, skip=10)

    def test_what_is_in_the_database_goes_only_when_told_so(self, cloud, tmp_path):
        work.backup(tmp_path / "backup")
        with pytest.raises(Conflict, match="--replace"):
            work.restore(tmp_path / "backup", replace=False, skip=10)

    def test_whoever_works_on_the_database_keeps_it(self, cloud, tmp_path, monkeypatch):
        work.backup(tmp_path / "backup")
        monkeypatch.setattr(work.databases.Sqlite, "others", lambda _: 3)
        with pytest.raises(Conflict, match="3 other sessions"):
            work.restore(tmp_path / "backup", replace=True, skip=10)

    def test_the_commands_say_what_they_did(self, cloud, tmp_path, capsys):
        call_command("backup", str(tmp_path / "backup"), "--json")
        assert msgspec.json.decode(capsys.readouterr().out)["database"] == "sqlite"
        call_command("restore", str(tmp_path / "backup"), "--replace", "--json")
        said = msgspec.json.decode(capsys.readouterr().out)
        assert (said["to be looked at"], said["commands to be looked for"]) == (["c1"], 1)

    def test_the_embedded_cloud_that_runs_is_left_alone(self, cloud, tmp_path):
        from synnefo.standalone import places

        call_command("backup", str(tmp_path / "backup"))
        (tmp_path / "var").mkdir(exist_ok=True)
        with places.state_of_its_own(tmp_path / "var"), pytest.raises(CommandError, match="Another cloud is running"):
            call_command("restore", str(tmp_path / "backup"), "--replace")


def flipped(content):
    """One bit of the database is another."""
    place = content.index(b"SQLite format 3") + 5000
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_other_sessions_are_counted(database, kind):
    if kind == "sqlite":
        return
    other = connection.copy()
    other.ensure_connection()
    try:
        assert work.databases.kind().others() == 1
    finally:
        other.close()


def test_a_token_that_was_revoked_since_is_not_valid_again(database, tmp_path):
    from logic.identity.commands.bootstrap import ensure_bootstrap
    from logic.identity.models import Token, User

    ensure_bootstrap("password-1", "")
    user = User.objects.get(name="admin")
    Token.objects.create(id="t" * 64, user=user, expires_at="2100-01-01T00:00:00Z")
    work.backup(tmp_path / "backup")
    Token.objects.all().delete()
    work.restore(tmp_path / "backup", replace=True, skip=10)
    assert not Token.objects.exists()


def test_numbers_cannot_be_left_out_backwards(tmp_path):
    with pytest.raises(CommandError, match="--skip: '-5' is not 0 or more"):
        call_command("restore", str(tmp_path / "backup"), "--skip", "-5")
