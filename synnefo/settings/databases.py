"""DATABASES as Django wants them, from DATABASES as operators write them. Pure; called by the settings package, and
:func:`impatient` by the API's process.

Connections live as long as the threads of ``logic.offload``, not as a request: they never age, and are checked before
use. Every wait has a bound: connecting, statements, a transaction left open, a network that swallows packets.
"""

from pathlib import Path
from typing import Any

from logic.configuration.schema import Database, Values

SQLITE, POSTGRESQL, MARIADB = "django.db.backends.sqlite3", "django.db.backends.postgresql", "synnefo.mariadb"
FILE = "synnefo.sqlite3"  # of the database that is used unasked
ENGINES = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mariadb": MARIADB}
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}
POSTGRESQL_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "synnefo",
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}
# The same from the server's side: a session whose machine is gone gives up its locks, and its place among the connections.
SERVED = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 -c tcp_user_timeout=15s"
PATIENT = {"innodb_lock_wait_timeout": 20}
MARIADB_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "program_name": "synnefo",
    "session": {**PATIENT, "idle_transaction_timeout": 60},
}
ANSWER_AFTER = 30  # seconds that a network may add to a statement
# Our tables are in memory or on solid disks: finding a thousand rows by an index beats reading a whole table.
PLANNING = "-c random_page_cost=1.1"


def databases(values: Values, var: Path) -> dict[str, dict[str, Any]]:
    """``var`` holds the SQLite file unless its name is an absolute path."""
    given = values.DATABASES or {"default": Database(ENGINE="sqlite")}
    return {alias: _django(alias, one, values, var) for alias, one in given.items()}


def impatient(database: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The same database for who rather fails than waits for a lock that somebody else holds. What an operator has said
    himself wins. SQLite has one lock, and waits for it as long as it does (``timeout``)."""
    options = dict(database["OPTIONS"])
    if database["ENGINE"] == POSTGRESQL:
        options["options"] = f"-c lock_timeout={round(seconds * 1000)} {options.get('options', '')}".rstrip()
    elif database["ENGINE"] == MARIADB:
        waits = {"innodb_lock_wait_timeout": max(1, round(seconds)), "lock_wait_timeout": max(1, round(seconds))}
        own = {name: value for name, value in options.get("session", {}).items() if value != PATIENT.get(name)}
        options["session"] = {**options.get("session", {}), **waits, **{k: own[k] for k in waits if k in own}}
    return database | {"OPTIONS": options}


def _django(alias: str, one: Database, values: Values, var: Path) -> dict[str, Any]:
    engine = ENGINES.get(one.ENGINE, one.ENGINE)
    common = {"ENGINE": engine, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    if engine == SQLITE:
        return common | {"NAME": var / (one.NAME or FILE), "OPTIONS": SQLITE_OPTIONS | one.OPTIONS}
    password = one.PASSWORD or (values.DATABASE_PASSWORD if alias == "default" else "")
    options = _mariadb(one, values) if engine == MARIADB else _postgresql(one, values)
    return common | {
        "NAME": one.NAME or "synnefo",
        "USER": one.USER,
        "PASSWORD": password,
        "HOST": one.HOST,
        "PORT": one.PORT,
        "OPTIONS": options,
    }


def _postgresql(one: Database, values: Values) -> dict[str, Any]:
    bounds = f"-c statement_timeout={values.DATABASE_STATEMENT_TIMEOUT}s -c idle_in_transaction_session_timeout=15s"
    return POSTGRESQL_OPTIONS | {"options": f"{bounds} {SERVED} {PLANNING}"} | one.OPTIONS


def _mariadb(one: Database, values: Values) -> dict[str, Any]:
    """``session`` are the server's variables for our sessions; an operator's are added to them."""
    limit = values.DATABASE_STATEMENT_TIMEOUT
    session = MARIADB_OPTIONS["session"] | {"max_statement_time": limit} | one.OPTIONS.get("session", {})
    waits = dict.fromkeys(("read_timeout", "write_timeout"), limit + ANSWER_AFTER if limit else None)
    return MARIADB_OPTIONS | waits | one.OPTIONS | {"session": session}
