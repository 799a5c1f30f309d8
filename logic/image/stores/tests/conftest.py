"""A service that speaks S3, over HTTP, for the tests of stores: moto's, in a thread of this process."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from logic.configuration.schema import ImageStore
from logic.image.stores.s3 import Bucket

SECRET = "swordfish-of-the-store"
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("s3") / "key"
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture
def bucket(s3: str, key: Path) -> Callable[..., ImageStore]:
    """Settings of a store in a bucket of its own."""
    name = f"images-{next(_NUMBERS)}"
    values = {"endpoint": s3, "bucket": name, "access_key": "us", "secret_key_file": str(key), "addressing": "path"}

    def about(**more: object) -> ImageStore:
        return ImageStore(kind="s3", prefix="content/", part_mib=5, **values | more)

    Bucket(about()).client.create_bucket(Bucket=name)
    return about
