"""PostgreSQL and RabbitMQ killed and started again."""

from synnefo.chaos.kinds.base import Scene


async def kill_broker(scene: Scene) -> None:
    rabbit, call = scene.cloud.rabbit, scene.cloud.offload.call
    await call(rabbit.kill)
    await call(rabbit.start)


async def kill_database(scene: Scene) -> None:
    postgres, call = scene.cloud.postgres, scene.cloud.offload.call
    await call(postgres.kill)
    await call(postgres.start)
