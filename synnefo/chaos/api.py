"""The API as a tenant's program uses it: blocking calls with a bound, each answer with its request's id.

A call whose answer did not come is status 0: it may have been done or not, and the checker holds nobody to it.
"""

from typing import Any, Final

import msgspec
import requests

from synnefo.standalone.clouds import Credentials
from synnefo.testing.processes import LOOPBACK

TIMEOUT: Final = 15.0
NO_ANSWER: Final = 0
IMAGE: Final = "5a9c0d4e-6b1f-4c1e-9a57-0d0c2f6e1201"
FLAVOR: Final = "1"


class Reply(msgspec.Struct, frozen=True):
    """``request`` is the id that the answer carries."""

    status: int
    request: str = ""
    body: dict[str, Any] = {}

    @property
    def ok(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004 - HTTP


class Api:
    """One user's program."""

    def __init__(self, port: int, who: Credentials) -> None:
        self._base, self._who, self._token = f"http://{LOOPBACK}:{port}", who, ""

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        """A Compute call; logs in when it has to."""
        if not self._token and not self._log_in():
            return Reply(NO_ANSWER)
        reply = self._send(method, f"/compute/v2.1{path}", body, {"X-Auth-Token": self._token})
        if reply.status == requests.codes.unauthorized:
            self._token = ""
        return reply

    def create(self, name: str) -> Reply:
        return self.ask("POST", "/servers", {"server": {"name": name, "flavorRef": FLAVOR, "imageRef": IMAGE}})

    def act(self, server: str, verb: str) -> Reply:
        """``start stop reboot reboot-hard delete``."""
        if verb == "delete":
            return self.ask("DELETE", f"/servers/{server}")
        return self.ask("POST", f"/servers/{server}/action", ACTIONS[verb])

    def _log_in(self) -> bool:
        user = {"name": self._who.user, "password": self._who.password, "domain": {"id": "default"}}
        scope = {"project": {"name": self._who.project, "domain": {"id": "default"}}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        try:
            answer = requests.post(f"{self._base}/identity/v3/auth/tokens", json={"auth": auth}, timeout=TIMEOUT)
        except requests.RequestException:
            return False
        self._token = answer.headers.get("X-Subject-Token", "")
        return bool(self._token)

    def _send(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Reply:
        try:
            answer = requests.request(method, self._base + path, json=body, headers=headers, timeout=TIMEOUT)
            found = answer.json() if answer.content else {}
        except (requests.RequestException, ValueError):
            return Reply(NO_ANSWER)
        return Reply(answer.status_code, answer.headers.get("x-openstack-request-id", ""), found)


ACTIONS: Final[dict[str, dict[str, Any]]] = {
    "start": {"os-start": None},
    "stop": {"os-stop": None},
    "reboot": {"reboot": {"type": "SOFT"}},
    "reboot-hard": {"reboot": {"type": "HARD"}},
}
