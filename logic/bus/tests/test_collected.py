"""A connection that failed is nothing but garbage, whichever thread collects it."""

import asyncio
import gc
import warnings

import aio_pika
import pytest

from logic.bus.session import Plain

URL = "amqp://user:password@127.0.0.1:1/"


async def forgotten(kind):
    """What is said when another thread throws away the last of a connection that never came to be."""
    held = [kind(URL)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        await asyncio.to_thread(lambda: (held.clear(), gc.collect()))
    return [str(one.message) for one in told]


async def test_a_connection_of_ours_is_forgotten_in_silence():
    assert await forgotten(Plain) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_library_s_own_is_why_ours_is_another():
    assert any("never awaited" in one for one in await forgotten(aio_pika.Connection))
