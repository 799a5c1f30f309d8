"""Which of MariaDB's errors are worth another try."""

import pymysql
import pytest

from synnefo.mariadb.errors import meant

AWAY_OR_BUSY = {
    "a deadlock": (1213, "40001"),
    "a lock waited for in vain": (1205, "HY000"),
    "a lost connection": (2013, None),
    "a server that has gone away": (2006, None),
    "nobody at the address": (2003, None),
    "too many connections": (1040, "08004"),
    "a server that shuts down": (1053, "08S01"),
    "a session killed": (1927, "70100"),
    "a statement that took too long": (1969, "70100"),
    "a wrong password": (1045, "28000"),
    "a privilege not granted yet": (1142, "42000"),
    "too many connections of this user": (1203, "42000"),
    "a server that only reads": (1290, "HY000"),
    "a disk that is full": (1021, "HY000"),
}
NEVER = {
    "a bad regular expression": (1139, "42000", pymysql.err.DataError),
    "a bad date": (1292, "22007", pymysql.err.DataError),
    "a column without a value": (1364, "HY000", pymysql.err.DataError),
    "a statement too large": (1153, "08S01", pymysql.err.DataError),
    "an unknown column": (1054, "42S22", pymysql.err.ProgrammingError),
}


@pytest.mark.parametrize(("code", "state"), AWAY_OR_BUSY.values(), ids=AWAY_OR_BUSY.keys())
def test_a_database_that_is_away_or_busy_is_tried_again(code, state):
    error = pymysql.err.OperationalError(code, "said", sqlstate=state)
    assert meant(error) is error


@pytest.mark.parametrize(("code", "state", "kind"), NEVER.values(), ids=NEVER.keys())
def test_a_statement_that_fails_each_time_is_not(code, state, kind):
    better = meant(pymysql.err.OperationalError(code, "said", sqlstate=state))
    assert (type(better), better.args) == (kind, (code, "said"))
