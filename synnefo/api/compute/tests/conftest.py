"""A furnished cloud, and the callers that look at it."""

import pytest

from logic.identity.testing import sign_in
from logic.testing.worlds import ADMIN, ALICE, BOB, READER, furnish
from synnefo.api.testing import Api, Reply


class Nova:
    """Compute's API as one caller sees it, in one microversion: ``nova(61).get("/servers")``."""

    def __init__(self, api: Api, minor: int = 1) -> None:
        self.api, self.minor = api, minor

    def __call__(self, minor: int) -> "Nova":
        return Nova(self.api, minor)

    def request(self, method: str, path: str, **options) -> Reply:
        headers = {"X-OpenStack-Nova-API-Version": f"2.{self.minor}", **options.pop("headers", {})}
        return self.api.request(method, f"/compute/v2.1{path}", headers=headers, **options)

    def get(self, path: str, **options) -> Reply:
        return self.request("GET", path, **options)

    def post(self, path: str, json=None, **options) -> Reply:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json=None, **options) -> Reply:
        return self.request("PUT", path, json=json, **options)

    def delete(self, path: str, **options) -> Reply:
        return self.request("DELETE", path, **options)


@pytest.fixture
def cloud(db):
    return furnish()


@pytest.fixture
def alice(api: Api, cloud) -> Nova:
    return Nova(api.of(ALICE))


@pytest.fixture
def bob(api: Api, cloud) -> Nova:
    return Nova(api.of(BOB))


@pytest.fixture
def reader(api: Api, cloud) -> Nova:
    return Nova(api.of(READER))


@pytest.fixture
def admin(api: Api, cloud) -> Nova:
    sign_in(ALICE)  # whose project there is
    return Nova(api.of(ADMIN))
