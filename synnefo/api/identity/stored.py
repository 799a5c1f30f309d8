"""``/v3/credentials``, a user's EC2 keys (``OS-EC2``), and ``/v3/ec2tokens``, where a receiver has signatures checked."""

from logic import decoding
from logic.errors import BadRequest
from logic.identity.commands import stored as commands
from logic.identity.commands.ec2 import Signed, issue_ec2_token
from logic.identity.commands.stored import Ec2Blob, NewStored
from logic.identity.infos import StoredInfo
from logic.identity.queries import stored as queries
from synnefo.api.identity import render
from synnefo.api.identity.answers.credentials import Credential, Ec2Key
from synnefo.api.identity.answers.tokens import Token
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.stored import (
    Ec2Request,
    SignedRequest,
    StoredPatchRequest,
    StoredRequest,
)
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives=several("credentials", Credential), query=parameters("type", "user_id"))
def list_credentials(call: Call) -> Answer:
    found = queries.credentials(call.caller, asked(call, "user_id", "type"))
    return listed(call, "credentials", map(_credential, found))


@describes(gives={"credential": Credential})
def show_credential(call: Call, credential_id: str) -> Answer:
    found = queries.credential(call.caller, credential_id)
    return render.one(call, "credential", "credentials", _credential(found))


@describes(takes=StoredRequest, status=201, gives={"credential": Credential})
def create_credential(call: Call) -> Answer:
    body = call.decode(StoredRequest).credential
    new = NewStored(type=body.type, blob=body.blob, user=body.user_id or "", project=body.project_id or "")
    return render.one(call, "credential", "credentials", _credential(commands.create(call.caller, new)), 201)


@describes(takes=StoredPatchRequest, gives={"credential": Credential})
def change_credential(call: Call, credential_id: str) -> Answer:
    body = call.decode(StoredPatchRequest).credential
    told = {"user": body.user_id, "project": body.project_id, "type": body.type}
    same = {column: value for column, value in told.items() if value is not None}
    changed = commands.change(call.caller, credential_id, body.blob, same)
    return render.one(call, "credential", "credentials", _credential(changed))


@describes(status=204)
def delete_credential(call: Call, credential_id: str) -> Answer:
    commands.delete(call.caller, credential_id)
    return Answer(204)


@describes(gives=several("credentials", Ec2Key))
def list_keys(call: Call, user_id: str) -> Answer:
    shown = [_key(call, one) for one in queries.ec2_keys(call.caller, user_id)]
    return Answer(200, {"credentials": shown, "links": render.links(call)})


@describes(gives={"credential": Ec2Key})
def show_key(call: Call, user_id: str, access: str) -> Answer:
    found = queries.ec2_key(call.caller, user_id, commands.digest(access))
    return Answer(200, {"credential": _key(call, found)})


@describes(takes=Ec2Request, status=201, gives={"credential": Ec2Key})
def create_key(call: Call, user_id: str) -> Answer:
    made = commands.create_ec2_key(call.caller, user_id, call.decode(Ec2Request).tenant_id)
    return Answer(201, {"credential": _key(call, made)})


@describes(status=204)
def delete_key(call: Call, user_id: str, access: str) -> Answer:
    commands.delete_ec2_key(call.caller, user_id, access)
    return Answer(204)


@describes(takes=SignedRequest, gives={"token": Token}, query=["nocatalog"])
def check_signature(call: Call) -> Answer:
    """A token for whoever signed."""
    request = call.decode(SignedRequest)
    body = request.credentials or request.ec2Credentials
    if body is None:
        raise BadRequest(reason="The field credentials is required: the signed request. Add it.")
    signed = Signed(
        access=body.access,
        signature=body.signature,
        host=body.host,
        verb=body.verb,
        path=body.path,
        params=body.params,
        headers=body.headers,
        body_hash=body.body_hash,
    )
    issued = issue_ec2_token(call.caller, signed)
    shown = render.token(call, issued.info, with_catalog="nocatalog" not in call.query)
    return Answer(200, shown, {"X-Subject-Token": issued.token, "Vary": "X-Auth-Token"})


def _credential(info: StoredInfo) -> render.Body:
    return {
        "id": info.id,
        "user_id": info.user,
        "project_id": info.project or None,
        "type": info.type,
        "blob": info.blob,
    }


def _key(call: Call, info: StoredInfo) -> render.Body:
    blob = decoding.decode(info.blob, Ec2Blob)
    link = render.url(call, f"users/{info.user}/credentials/OS-EC2/{blob.access}")
    return {
        "access": blob.access,
        "secret": blob.secret,
        "user_id": info.user,
        "tenant_id": info.project,
        "trust_id": None,
        "links": {"self": link},
    }
