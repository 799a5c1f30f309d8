"""Rules of the private servers: what was written survives a kill, and nothing is left behind."""

import os
from pathlib import Path

import psycopg
import pytest

from synnefo.testing import packages
from synnefo.testing.packages import Missing, require
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import (
    Daemon,
    NotReady,
    descendants,
    is_alive,
    new_directory,
    spare_port,
    until,
    user_or_self,
)

ME = user_or_self("nobody-of-that-name")


def shell(tmp_path, script, *, ready=lambda: True, within=10.0):
    return Daemon(["sh", "-c", script], user=ME, log=tmp_path / "log", ready=ready, within=within)


def test_a_process_that_ends_at_once_is_told_with_its_last_words(tmp_path):
    daemon = shell(tmp_path, "echo out of memory; exit 3", ready=lambda: False)
    with pytest.raises(NotReady, match="out of memory"):
        daemon.start()


def test_a_process_that_ended_later_says_how_and_its_last_words(tmp_path):
    # Given one that was ready, and one that still is
    daemon = shell(tmp_path, "read line < go; echo out of memory; exit 3")
    os.mkfifo(tmp_path / "go")
    daemon.start()
    assert daemon.standing.startswith("it runs")
    # When it ends
    (tmp_path / "go").write_text("go\n")
    until(lambda: not daemon.pid, within=10.0, what="its end")
    # Then
    assert daemon.standing == "it ended with 3\nout of memory\n"


def test_a_process_that_never_answers_is_given_up_and_killed(tmp_path):
    daemon = shell(tmp_path, "echo thinking; exec sleep 60", ready=lambda: False, within=0.2)
    with pytest.raises(NotReady, match=r"0\.2 s"):
        daemon.start()
    assert daemon.pid == 0


def test_a_kill_takes_the_children_too(tmp_path):
    child = tmp_path / "child"
    daemon = shell(tmp_path, f"sleep 60 & echo $! > {child}.new; mv {child}.new {child}; wait", ready=child.exists)
    daemon.start()
    family = descendants(daemon.pid)
    daemon.kill()
    assert int(child.read_text()) in family
    assert not any(is_alive(pid) for pid in family)


def test_a_process_that_ignores_the_request_to_stop_is_killed(tmp_path):
    deaf = tmp_path / "deaf"
    daemon = shell(tmp_path, f"trap '' TERM; touch {deaf}; while :; do sleep 0.1; done", ready=deaf.exists)
    daemon.start()
    assert daemon.stop(within=0.2) == -9


def test_a_condition_that_never_holds_is_named():
    with pytest.raises(NotReady, match="the tide"):
        until(lambda: False, within=0.0, what="the tide")


def test_ports_are_never_handed_out_twice():
    ports = [spare_port() for _ in range(50)]
    assert len(set(ports)) == 50


def test_a_package_that_is_missing_is_named_with_the_command(tmp_path, monkeypatch):
    listed = tmp_path / "list"
    listed.write_text("# comment\nnosuchthing /nonexistent/*/bin\nbase /etc/passwd\n")
    monkeypatch.setattr(packages, "LIST", listed)
    with pytest.raises(Missing, match="apt-get install nosuchthing"):
        require("nosuchthing")
    require("base")


@pytest.mark.servers
def test_a_database_is_there_again_after_a_kill():
    with PostgresServer() as server:
        dsn = server.create_database("kept")
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE t AS SELECT 42 AS n")
        server.kill()
        server.start()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT n FROM t").fetchone() == (42,)
        server.drop_database("kept")


@pytest.mark.servers
def test_a_database_may_stand_elsewhere_with_settings_of_its_own_and_be_written_out(tmp_path, request):
    parent = new_directory("elsewhere", ME)  # a socket's path is short
    request.addfinalizer(parent.rmdir)
    with PostgresServer(parent=parent, settings=["max_wal_size=160MB"]) as server:
        assert [*parent.iterdir()] == [server._directory]
        with psycopg.connect(server.create_database("kept")) as connection:
            assert connection.execute("SHOW max_wal_size").fetchone() == ("160MB",)
            connection.execute("CREATE TABLE t AS SELECT 'a mark' AS n")
        server.dump("kept", tmp_path / "dump.sql")
    assert "a mark" in (tmp_path / "dump.sql").read_text()


@pytest.mark.servers
def test_a_database_that_may_have_died_is_made_sure_of():
    with PostgresServer() as server:
        for harm in (lambda: None, server.kill):
            harm()
            server.ensure()
            psycopg.connect(server.dsn()).close()


@pytest.mark.servers
def test_nothing_of_a_server_is_left():
    with PostgresServer() as server:
        folder = Path(server._directory)
        family = descendants(server._daemon.pid)
    assert not folder.exists()
    assert not any(is_alive(pid) for pid in family)


def test_a_broker_runs_under_its_own_name_and_cookie(rabbitmq):
    assert f"synnefo{rabbitmq.port}@localhost" in rabbitmq.ctl("status")


def test_a_broker_s_complaint_is_told(rabbitmq):
    with pytest.raises(NotReady, match="does not exist"):
        rabbitmq.ctl("delete_user", "nobody")
