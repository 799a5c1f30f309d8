"""Whom an answer is for: the microversion, whether an admin reads it, and the address the client used."""

import functools
import hashlib

import msgspec

from synnefo.api.kernel.calls import Call


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """``minor`` is N of 2.N; ``base`` scheme, host and mount of the service, without a slash at its end."""

    minor: int
    admin: bool = False
    base: str = "http://cloud.example/compute"

    def at_least(self, minor: int) -> bool:
        return self.minor >= minor

    def links(self, kind: str, id: str) -> list[dict[str, str]]:
        """``self`` in this version, ``bookmark`` without a version."""
        return [{"rel": "self", "href": f"{self.base}/v2.1/{kind}/{id}"}, self.bookmark(kind, id)]

    def bookmark(self, kind: str, id: str) -> dict[str, str]:
        return {"rel": "bookmark", "href": f"{self.base}/{kind}/{id}"}


def frame(call: Call) -> Frame:
    return Frame(minor=call.version[1], admin=call.caller.is_admin, base=f"{call.base_url}/compute")


@functools.lru_cache(10_000)
def host_id(project: str, host: str) -> str:
    """What tenants see of a host: the same for two servers of a project on one host, and no name."""
    return hashlib.sha224(f"{project}{host}".encode()).hexdigest() if host else ""
