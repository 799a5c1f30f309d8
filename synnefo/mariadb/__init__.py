"""Django's MySQL backend made right for MariaDB 10.11: driver PyMySQL, sessions in UTC and strict, errors by what they mean.

``DATABASES`` names it by ``"ENGINE": "mariadb"``; Django imports ``base``. ``errors`` tells a database that is away or busy
from a statement that can never succeed. What differs in the ledger's SQL is in ``logic.ledger.store``.
"""
