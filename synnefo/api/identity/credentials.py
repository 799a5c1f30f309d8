"""``/v3/users/{user}/application_credentials``."""

import datetime

from logic.identity.commands import credentials as commands
from logic.identity.commands.credentials import NewCredential
from logic.identity.queries import credentials as queries
from synnefo.api.identity import render
from synnefo.api.identity.requests import CredentialBody, CredentialRequest
from synnefo.api.kernel.calls import Answer, Call


def list_credentials(call: Call, user_id: str) -> Answer:
    found = queries.credentials(call.caller, user_id, name=call.query.one("name"))
    bodies = map(render.credential, found)
    return render.many(call, "application_credentials", bodies, path=_path(user_id))


def show_credential(call: Call, user_id: str, credential_id: str) -> Answer:
    found = queries.credential(call.caller, user_id, credential_id)
    return render.one(call, "application_credential", _path(user_id), render.credential(found))


def create_credential(call: Call, user_id: str) -> Answer:
    """The secret is in this answer and never again."""
    body = call.decode(CredentialRequest).application_credential
    made, secret = commands.create_credential(call.caller, user_id, _new(body))
    shown = {**render.credential(made), "secret": secret}
    return render.one(call, "application_credential", _path(user_id), shown, 201)


def _new(body: CredentialBody) -> NewCredential:
    expires = body.expires_at
    if expires and expires.tzinfo is None:
        expires = expires.replace(tzinfo=datetime.UTC)  # as clients send it
    return NewCredential(
        name=body.name,
        secret=body.secret or "",
        description=body.description or "",
        roles=[role.id or role.name for role in body.roles] if body.roles else None,
        expires_at=expires,
    )


def delete_credential(call: Call, user_id: str, credential_id: str) -> Answer:
    commands.delete_credential(call.caller, user_id, credential_id)
    return Answer(204)


def _path(user_id: str) -> str:
    return f"users/{user_id}/application_credentials"
