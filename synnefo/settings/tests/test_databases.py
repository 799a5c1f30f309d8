"""What Django is told of the databases."""

from pathlib import Path

from logic.configuration import load
from synnefo.settings.databases import databases, impatient

VAR = Path("/var/lib/synnefo")


def made(**environ):
    return databases(load([], {f"SYNNEFO_{name}": value for name, value in environ.items()}).typed, VAR)["default"]


def test_without_a_word_it_is_sqlite_that_waits_for_its_writer():
    database = made()

    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == VAR / "synnefo.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_relative_sqlite_file_is_kept_with_the_other_state():
    assert made(DATABASES='{"default": {"ENGINE": "sqlite", "NAME": "cloud"}}')["NAME"] == VAR / "cloud"


def test_postgresql_is_named_shortly_and_its_password_comes_from_its_own_setting():
    database = made(
        DATABASES='{"default": {"ENGINE": "postgresql", "NAME": "cloud", "USER": "u", "HOST": "db", "PORT": 5433}}',
        DATABASE_PASSWORD="secret-word",
    )

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert [database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "cloud",
        "u",
        "secret-word",
        "db",
        5433,
    ]


def test_connections_live_as_long_as_their_threads_and_are_checked():
    for database in (made(), made(DATABASES='{"default": {"ENGINE": "postgresql"}}')):
        assert database["CONN_MAX_AGE"] is None
        assert database["CONN_HEALTH_CHECKS"] is True


def test_every_wait_for_postgresql_has_a_bound():
    options = made(DATABASES='{"default": {"ENGINE": "postgresql"}}', DATABASE_STATEMENT_TIMEOUT="5")["OPTIONS"]

    assert options["connect_timeout"] == 10
    assert "statement_timeout=5s" in options["options"]
    assert "idle_in_transaction_session_timeout=15s" in options["options"]


def test_a_machine_that_is_gone_is_noticed_from_both_ends():
    options = made(DATABASES='{"default": {"ENGINE": "postgresql"}}')["OPTIONS"]

    unsent = options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]
    assert max(unsent, options["tcp_user_timeout"] / 1000) <= 20
    assert {"tcp_keepalives_idle=10", "tcp_user_timeout=15s"} <= set(options["options"].split())


def test_postgresql_plans_for_tables_in_memory():
    assert "random_page_cost=1.1" in made(DATABASES='{"default": {"ENGINE": "postgresql"}}')["OPTIONS"]["options"]


def test_an_operators_options_win():
    options = made(
        DATABASES='{"default": {"ENGINE": "postgresql", "OPTIONS": {"sslmode": "require", "connect_timeout": 3}}}'
    )["OPTIONS"]

    assert (options["sslmode"], options["connect_timeout"], options["application_name"]) == ("require", 3, "synnefo")


def test_mariadb_is_named_shortly_and_every_wait_for_it_has_a_bound():
    database = made(DATABASES='{"default": {"ENGINE": "mariadb", "HOST": "db"}}', DATABASE_STATEMENT_TIMEOUT="5")
    options = database["OPTIONS"]

    assert (database["ENGINE"], database["NAME"], database["HOST"]) == ("synnefo.mariadb", "synnefo", "db")
    assert (options["connect_timeout"], options["read_timeout"], options["write_timeout"]) == (10, 35, 35)
    assert options["session"] == {
        "max_statement_time": 5,
        "innodb_lock_wait_timeout": 20,
        "idle_transaction_timeout": 60,
    }


def test_a_statement_without_a_bound_is_waited_for_without_one():
    options = made(DATABASES='{"default": {"ENGINE": "mariadb"}}', DATABASE_STATEMENT_TIMEOUT="0")["OPTIONS"]

    assert (options["read_timeout"], options["session"]["max_statement_time"]) == (None, 0)


def test_an_operators_variables_of_a_session_are_added_to_ours():
    options = made(
        DATABASES='{"default": {"ENGINE": "mariadb", "OPTIONS": {"session": {"max_statement_time": 1}, "ssl_ca": "/ca"}}}'
    )["OPTIONS"]

    assert (options["ssl_ca"], options["session"]["max_statement_time"]) == ("/ca", 1)
    assert options["session"]["idle_transaction_timeout"] == 60


def test_who_is_impatient_waits_a_few_seconds_for_a_lock_and_keeps_all_other_bounds():
    database = made(DATABASES='{"default": {"ENGINE": "postgresql"}}')
    options = impatient(database, 2.5)["OPTIONS"]
    assert options["options"] == f"-c lock_timeout=2500 {database['OPTIONS']['options']}"
    assert {**options, "options": ""} == {**database["OPTIONS"], "options": ""}

    session = impatient(made(DATABASES='{"default": {"ENGINE": "mariadb"}}'), 2.5)["OPTIONS"]["session"]
    assert (session["innodb_lock_wait_timeout"], session["lock_wait_timeout"]) == (2, 2)
    assert session["max_statement_time"] == 60


def test_an_operator_s_own_wait_for_locks_stays():
    text = '{"default": {"ENGINE": "mariadb", "OPTIONS": {"session": {"innodb_lock_wait_timeout": 9}}}}'
    assert impatient(made(DATABASES=text), 2.0)["OPTIONS"]["session"]["innodb_lock_wait_timeout"] == 9


def test_sqlite_waits_as_it_does():
    assert impatient(made(), 2.0) == made()
