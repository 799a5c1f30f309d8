"""The dispatcher's peer that does nothing but acknowledge: aio-pika, prefetch 1,000, multiple acknowledgements.

``python -m synnefo.bench.raw_consumer COUNT`` says ``consuming`` when it is ready and ``done`` after so many messages.
``dispatcher`` starts it.
"""

import asyncio
import os
import sys

import aio_pika
import uvloop

from synnefo.bench.names import PLAIN

PREFETCH, EVERY = 1000, 100


async def consume(url: str, count: int) -> None:
    """Until ``count`` messages are acknowledged."""
    done = asyncio.Event()
    seen = 0

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal seen
        seen += 1
        if seen % EVERY == 0 or seen == count:
            await message.ack(multiple=True)
        if seen == count:
            done.set()

    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        await (await channel.get_queue(PLAIN)).consume(take)
        print("consuming", flush=True)
        await done.wait()
        print("done", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(consume(os.environ["BENCH_AMQP"], int(sys.argv[1])))
