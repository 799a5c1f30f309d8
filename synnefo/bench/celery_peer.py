"""The dispatcher's peer as most projects would write it: a Celery task that makes the same update through the ORM.

At its best setting: persistent connections without health checks, generous prefetch, no results, no rate limits, and
acknowledged before it runs. ``dispatcher`` starts it with ``celery --app synnefo.bench.celery_peer worker``, prefork, one
process.
"""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import worker_ready
from kombu.entity import Queue

from synnefo.bench.names import PLAIN, TASK

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after setup
from django.db import connection, transaction  # noqa: E402

from ganeti.vocabulary import number_of  # noqa: E402
from logic import clock  # noqa: E402
from logic.compute.models import Server  # noqa: E402
from synnefo.bench.messages import OPCODES  # noqa: E402

connection.settings_dict["CONN_HEALTH_CHECKS"] = False
app = Celery("bench", broker=os.environ["BENCH_AMQP"])
app.conf.update(
    task_queues=[Queue(PLAIN, queue_arguments={"x-queue-type": "quorum"})],  # type: ignore[no-untyped-call]
    task_ignore_result=True,
    worker_prefetch_multiplier=1000,
    worker_disable_rate_limits=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000_000  # else Celery closes the connection after each task


@worker_ready.connect  # type: ignore[untyped-decorator] # Celery has no types
def _tell(**_: Any) -> None:
    print("ready.", flush=True)


@app.task(name=TASK)  # type: ignore[untyped-decorator] # Celery has no types
def job_changed(event: dict[str, Any]) -> None:
    """One status of a job, as the ancestor applied it: lock, compare, save."""
    with transaction.atomic():
        name, prefix = event["instance"], settings.BACKEND_PREFIX_ID
        server = Server.objects.select_for_update().get(number=number_of(prefix, name) or 0)
        at = (event["job"], event["op"])
        if event["status"] == "success" and at > (server.fence_job, server.fence_op):
            server.observed = OPCODES[event["opcode"]]
            server.fence_job, server.fence_op = at
        server.version += 1
        server.updated_at = clock.now()
        server.save(update_fields=["observed", "fence_job", "fence_op", "version", "updated_at"])
