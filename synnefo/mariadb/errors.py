"""What MariaDB's error numbers mean to us. Pure; called by ``base`` with what the driver raised.

PyMySQL calls every number it does not know an ``OperationalError``, and an operational error is what the dispatcher tries
again without end. So the numbers of statements that fail each time they are sent must not be among them.
"""

from typing import Final

import pymysql

# Class 42 of SQLSTATE is a statement that is wrong, except these: what an operator has to allow first.
REFUSED_FOR_NOW: Final = frozenset({
    1044,  # no access to the database
    1142,  # no access to the table
    1143,  # no access to the column
    1203,  # too many connections of this user
    1226,  # a limit of this user
    1227,  # a privilege is missing
})  # fmt: skip
BAD_EXPRESSION: Final = 1139  # a regular expression that the server cannot read
NO_DEFAULT: Final = 1364  # a column without a value: HY000
TOO_LARGE: Final = 1153  # a statement above max_allowed_packet: 08S01


def meant(error: pymysql.err.OperationalError) -> pymysql.err.DatabaseError:
    """The error to raise instead: the same one when trying again may help."""
    code = error.args[0] if error.args else 0
    state = (getattr(error, "sqlstate", None) or "")[:2]
    if state == "22" or code in {BAD_EXPRESSION, NO_DEFAULT, TOO_LARGE}:
        return pymysql.err.DataError(*error.args)
    if state in {"21", "42"} and code not in REFUSED_FOR_NOW:
        return pymysql.err.ProgrammingError(*error.args)
    return error
