"""A process that writes under a lease as often as it can: ``python -m synnefo.tests.holder NAME DATABASE``, the second
an entry of ``DATABASES`` as JSON. It says ``refused`` each time its lease turns out to be lost. Its parent stops it now and
then."""

import json
import sys
import time

import django

LEASE, SECONDS = "paused", 0.3


def main():
    """Until killed."""
    django.setup()
    from synnefo.testing.databases import replaced

    name, entry = sys.argv[1], json.loads(sys.argv[2])
    with replaced(entry):
        while True:
            lead(name)
            time.sleep(0.01)


def lead(name):
    """Write as long as the lease is ours."""
    from django.db import connection

    from logic.db import DATABASE_AWAY
    from logic.ledger.leases import LeaseLost, Tenure, hold_lease, under

    try:
        epoch = hold_lease(LEASE, name, seconds=SECONDS)
        while epoch and hold_lease(LEASE, name, seconds=SECONDS) == epoch:
            for _ in range(10):
                under(Tenure(LEASE, epoch), write, name, epoch)
    except (LeaseLost, *DATABASE_AWAY) as error:
        if not isinstance(error, LeaseLost):  # stopped right before its commit: the server has thrown it out
            connection.close()
        sys.stdout.write("refused\n")
        sys.stdout.flush()


def write(name, epoch):
    """Slow, so that it is mostly in the middle of one that it is stopped."""
    from logic.ledger.models import Parked
    from logic.ledger.store import store

    Parked.objects.create(body=b"", cluster=name, reason="", tries=epoch, due_at=store().now())
    time.sleep(0.005)
    Parked.objects.create(body=b"", cluster=name, reason="", tries=epoch, due_at=store().now())


if __name__ == "__main__":
    main()
