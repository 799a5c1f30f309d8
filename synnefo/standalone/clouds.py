"""What a person needs to use the embedded cloud: the generated password, ``clouds.yaml``, the lines to paste."""

import json
import os
from collections.abc import Collection
from pathlib import Path

import msgspec

from logic import clock, decoding

CLOUD = "synnefo"


class Credentials(msgspec.Struct, frozen=True):
    """Who the first start made. Kept in ``var/credentials.json``, mode 0600."""

    user: str
    password: str
    project: str
    admin_password: str


def credentials(var: Path) -> Credentials:
    """The ones of the first start; generated when this is it."""
    path = var / "credentials.json"
    if path.exists():
        return decoding.decode(path.read_bytes(), Credentials)
    made = Credentials("demo", clock.new_token(12), "demo", clock.new_token(18))
    write_private(path, json.dumps(msgspec.to_builtins(made), indent=2) + "\n")
    return made


def write_private(path: Path, text: str) -> None:
    """Readable by its owner only, and whole or not at all."""
    new = path.with_suffix(path.suffix + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.rename(path)


def clouds_yaml(who: Credentials, url: str, region: str) -> str:
    """``clouds.yaml`` with the tenant (``synnefo``) and the administrator (``synnefo-admin``)."""
    parts = [
        _cloud(CLOUD, who.user, who.password, who.project, url, region),
        _cloud(f"{CLOUD}-admin", "admin", who.admin_password, "admin", url, region),
    ]
    return "clouds:\n" + "".join(parts)


def _cloud(name: str, user: str, password: str, project: str, url: str, region: str) -> str:  # noqa: PLR0913
    return f"""  {name}:
    auth:
      auth_url: {url}/identity/v3
      username: {user}
      password: {password}
      project_name: {project}
      user_domain_name: Default
      project_domain_name: Default
    region_name: {region}
    identity_api_version: 3
"""


def ready_lines(  # noqa: PLR0913 - what is told
    who: Credentials, url: str, var: Path, image: str, flavor: str, changed: Collection[str] = ()
) -> list[str]:
    """What is printed when the cloud is up. ``changed``: users whose password is not the kept one any more."""
    password = "(the password has been changed since)" if who.user in changed else f"password {who.password}"
    return [
        f"Synnefo is ready at {url}  user {who.user}  project {who.project}  {password}",
        *[_advice(user, var) for user in changed],
        "",
        "Paste into another terminal (pip install python-openstackclient if you do not have it):",
        "",
        f"  export OS_CLIENT_CONFIG_FILE={var / 'clouds.yaml'}",
        f"  openstack --os-cloud {CLOUD} server list",
        f"  openstack --os-cloud {CLOUD} server create --flavor {flavor} --image {image} --wait demo",
        "",
        f"Administrator: --os-cloud {CLOUD}-admin. Logs in {var / 'log'}. Ctrl-C stops.",
    ]


def _advice(user: str, var: Path) -> str:
    file = var / "credentials.json"
    return f"The password of {user} has been changed since: write it into {file}, and the next start uses it."
