"""``GET /identity/clouds.yaml``: the file that clients read, for who asks.

It never holds a password or a secret: those go into a ``secure.yaml`` beside it, or into the environment. With a token from an
application credential it names that one, which is how a program is best set up.
"""

import json
from typing import Any

from logic.identity.infos import TokenInfo
from logic.identity.queries import tokens as queries
from logic.identity.queries.catalog import built_in_region
from synnefo.api.identity import render
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes

CLOUD = "synnefo"


@describes(gives=Any, sends="application/yaml")
def show(call: Call) -> Answer:
    info = queries.describe(call.caller, call.header("X-Auth-Token"))
    lines = [
        f"# Without its {_secret(info)}: write that into secure.yaml beside this file, in the same place.",
        "clouds:",
        f"  {CLOUD}:",
        *([] if info.credential is None else ["    auth_type: v3applicationcredential"]),
        "    auth:",
        *(f"      {name}: {json.dumps(value)}" for name, value in _auth(call, info).items()),
        f"    region_name: {json.dumps(built_in_region().id)}",
        "    identity_api_version: 3",
        "",
    ]
    headers = {
        "Content-Type": "application/yaml",
        "Content-Disposition": 'attachment; filename="clouds.yaml"',
        "Cache-Control": "no-store",
    }
    return Answer(200, "\n".join(lines).encode(), headers)


def _secret(info: TokenInfo) -> str:
    return "auth.password" if info.credential is None else "auth.application_credential_secret"


def _auth(call: Call, info: TokenInfo) -> dict[str, str]:
    """JSON strings are YAML strings, whatever stands in a name."""
    where = {"auth_url": call.base_url + render.V3}
    if info.credential:
        return where | {"application_credential_id": info.credential.id}
    where |= {"username": info.user.name, "user_domain_name": info.user.domain.name}
    if info.project:
        return where | {"project_name": info.project.name, "project_domain_name": info.project.domain.name}
    if info.domain:
        return where | {"domain_name": info.domain.name}
    return where | ({"system_scope": "all"} if info.system else {})
