"""Backup and restore: one file with the database and the keys that decrypt what is in it.

``archive`` is the file, ``databases`` how each kind of database is dumped and loaded, ``work`` the two operations. Called by
``manage.py backup`` and ``manage.py restore``. What a restored database is told before anybody works on it is
``logic.ledger.restored``; docs/operations/backup.md is the operator's page.
"""
