"""PyMySQL under the name ``MySQLdb``, which is what Django's backend imports.

``pymysql.install_as_MySQLdb`` renames the package alone: its modules would then be loaded a second time under the other
name, with error classes of their own that nobody catches.
"""

import importlib
import pkgutil
import sys

import pymysql


def stand_in() -> None:
    """Each module of PyMySQL is the module of MySQLdb of the same name, before Django asks for it."""
    for package in (pymysql, pymysql.constants):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    for name in [name for name in sys.modules if name.split(".")[0] == "pymysql"]:
        sys.modules[name.replace("pymysql", "MySQLdb", 1)] = sys.modules[name]
