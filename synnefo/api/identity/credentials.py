"""``/v3/users/{user}/application_credentials`` and ``access_rules``."""

import datetime

from logic.identity.commands import credentials as commands
from logic.identity.commands.credentials import NewCredential, NewRule
from logic.identity.queries import credentials as queries
from synnefo.api.identity import render
from synnefo.api.identity.answers.credentials import AccessRule, ApplicationCredential, NewApplicationCredential
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.credentials import CredentialBody, CredentialRequest, RuleBody
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives=several("application_credentials", ApplicationCredential), query=parameters("name"))
def list_credentials(call: Call, user_id: str) -> Answer:
    found = queries.credentials(call.caller, user_id, asked(call, "name"))
    return listed(call, "application_credentials", map(render.credential, found), path=_path(user_id))


@describes(gives={"application_credential": ApplicationCredential})
def show_credential(call: Call, user_id: str, credential_id: str) -> Answer:
    found = queries.credential(call.caller, user_id, credential_id)
    return render.one(call, "application_credential", _path(user_id), render.credential(found))


@describes(takes=CredentialRequest, status=201, gives={"application_credential": NewApplicationCredential})
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
        unrestricted=bool(body.unrestricted),
        access_rules=[_rule(rule) for rule in body.access_rules or ()],
    )


def _rule(body: RuleBody) -> NewRule:
    return NewRule(id=body.id, service=body.service, method=body.method, path=body.path)


@describes(status=204)
def delete_credential(call: Call, user_id: str, credential_id: str) -> Answer:
    commands.delete_credential(call.caller, user_id, credential_id)
    return Answer(204)


def _path(user_id: str) -> str:
    return f"users/{user_id}/application_credentials"


@describes(gives=several("access_rules", AccessRule), query=parameters())
def list_rules(call: Call, user_id: str) -> Answer:
    found = queries.access_rules(call.caller, user_id, asked(call, "service", "method", "path"))
    return listed(call, "access_rules", map(render.access_rule, found), path=f"users/{user_id}/access_rules")


@describes(gives={"access_rule": AccessRule})
def show_rule(call: Call, user_id: str, rule_id: str) -> Answer:
    found = queries.access_rule(call.caller, user_id, rule_id)
    return render.one(call, "access_rule", f"users/{user_id}/access_rules", render.access_rule(found))


@describes(status=204)
def delete_rule(call: Call, user_id: str, rule_id: str) -> Answer:
    commands.delete_access_rule(call.caller, user_id, rule_id)
    return Answer(204)
