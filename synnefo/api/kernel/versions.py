"""Microversions: which one a request asks for, and the headers that say which one was used.

Clients send ``OpenStack-API-Version: compute 2.61``, older ones ``X-OpenStack-Nova-API-Version: 2.61``, or nothing,
which is the minimum for ever. The same headers come back with the value used.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from logic.errors import BadRequest, Refusal

HEADER = "OpenStack-API-Version"
_NUMBER = re.compile(r"[1-9]\d{0,2}\.(?:0|[1-9]\d{0,3})")
Version = tuple[int, int]


class VersionOutOfRange(Refusal):
    """Version {version} is not supported by the API. Minimum is {minimum} and maximum is {maximum}. Ask for one in
    between, or for latest."""

    code = "version-out-of-range"


class Versions(msgspec.Struct, frozen=True):
    """What a service speaks: its type as it stands in the header, the range, and the older header's name."""

    type: str
    minimum: Version
    maximum: Version
    legacy: str = ""

    def asked(self, meta: Mapping[str, Any]) -> Version:
        """The version of a request. Raises :class:`BadRequest` when malformed, :class:`VersionOutOfRange`."""
        text = self._text(meta)
        if not text:
            return self.minimum
        if text == "latest":
            return self.maximum
        if not _NUMBER.fullmatch(text):
            sentence = f"The API version {text[:40]!r} is malformed. Send {self.type} and a number such as "
            raise BadRequest(reason=f"{sentence}{shown(self.maximum)} in {HEADER}.")
        major, minor = text.split(".")
        version = int(major), int(minor)
        if not self.minimum <= version <= self.maximum:
            raise VersionOutOfRange(version=text, minimum=shown(self.minimum), maximum=shown(self.maximum))
        return version

    def _text(self, meta: Mapping[str, Any]) -> str:
        for entry in str(meta.get(_key(HEADER), "")).split(","):
            type, _, text = entry.strip().lower().partition(" ")
            if type == self.type and text.strip():
                return text.strip()
        return str(meta.get(_key(self.legacy), "")).strip().lower() if self.legacy else ""

    def headers(self, version: Version) -> dict[str, str]:
        """What every reply carries."""
        headers = {HEADER: f"{self.type} {shown(version)}", "Vary": HEADER}
        if self.legacy:
            headers |= {self.legacy: shown(version), "Vary": f"{HEADER}, {self.legacy}"}
        return headers


def shown(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _key(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")
