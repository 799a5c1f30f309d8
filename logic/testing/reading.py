"""A consumer read as one stream, for the tests of what publishes: a few of each lane that has something, and acknowledged."""

import asyncio

from logic.bus import Bus, Consumer, Lane, Message


class Reader:
    """Takes from all lanes of a consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer

    @classmethod
    async def of(cls, bus: Bus, *clusters: str, prefetch: int = 1000) -> "Reader":
        return cls(await bus.consumer(list(clusters), prefetch=prefetch))

    async def take(self, limit: int) -> list[Message]:
        """What has arrived, at most ``limit``; waits for the first. Each lane gives the same if it has as much."""
        waits = [asyncio.create_task(lane.arrived()) for lane in self.consumer.lanes]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return self._taken(limit)

    def _taken(self, limit: int) -> list[Message]:
        taken: list[Message] = []
        while len(taken) < limit:
            before = len(taken)
            for lane in self.consumer.lanes:
                taken += lane.take(min(1, limit - len(taken)))
            if len(taken) == before:
                break
        return taken

    def lane(self, message: Message) -> Lane:
        """The lane it came on."""
        name = "" if message.dead else message.cluster
        return next(lane for lane in self.consumer.lanes if lane.cluster == name)

    async def acknowledge(self, up_to: Message) -> None:
        await self.lane(up_to).acknowledge(up_to)

    async def waiting(self) -> dict[str, int]:
        return await self.consumer.waiting()

    async def close(self) -> None:
        await self.consumer.close()
