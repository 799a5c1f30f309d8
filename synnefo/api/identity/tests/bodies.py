"""Bodies that clients send."""

from typing import Any

ADMIN_PASSWORD, DEMO_PASSWORD = "the admin's password", "the demo's password"
DEFAULT = {"id": "default"}


def login(method: str, part: object, scope: object = None) -> dict[str, Any]:
    auth: dict[str, Any] = {"identity": {"methods": [method], method: part}}
    return {"auth": auth | ({"scope": scope} if scope is not None else {})}


def password_login(name: str, password: str, project: str = "") -> dict[str, Any]:
    scope = {"project": {"name": project, "domain": DEFAULT}} if project else None
    return login("password", {"user": {"name": name, "password": password, "domain": DEFAULT}}, scope)
