"""The peer of ``latency``: a consumer that makes of each message one UPDATE of its server's row, by itself durable, and
nothing else: no inbox, no fence, no journal. What is below its figures is the broker's, the database's and the machine's.

``python -m synnefo.bench.bare_update`` says ``consuming`` when it is ready. Bodies are read as the dispatcher reads them.
"""

import asyncio
import os

import aio_pika
import psycopg
import uvloop

from ganeti.vocabulary import number_of
from logic.messages import codec
from logic.messages.observations import JobChanged
from synnefo.bench.messages import OPCODES
from synnefo.bench.names import PLAIN

PREFETCH = 1000
SQL = "UPDATE compute_server SET observed = %s, fence_job = %s WHERE number = %s"


async def consume(url: str, dsn: str, prefix: str) -> None:
    """Until it is killed."""
    rows = psycopg.connect(dsn, autocommit=True)

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        told = codec.decode(message.body)
        assert isinstance(told, JobChanged)
        number = number_of(prefix, told.instance)
        rows.execute(SQL, [OPCODES[told.opcode], told.job, number], prepare=True)
        await message.ack()

    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        await (await channel.get_queue(PLAIN)).consume(take)
        print("consuming", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(consume(os.environ["BENCH_AMQP"], os.environ["BENCH_DSN"], f"{os.environ['BENCH_PREFIX']}-"))
