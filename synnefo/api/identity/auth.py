"""``/v3/auth``: tokens, and what one may be scoped to."""

from logic.errors import BadRequest
from logic.identity.commands import tokens as commands
from logic.identity.commands.tokens import Credential, FromToken, Login, Named, Password, Scope
from logic.identity.queries import directory
from logic.identity.queries import tokens as queries
from logic.identity.refusals import MethodNotOffered
from synnefo.api.identity import render
from synnefo.api.identity.answers.catalog import CatalogEntry
from synnefo.api.identity.answers.people import Domain, Project
from synnefo.api.identity.answers.tokens import Token
from synnefo.api.identity.answers.words import Everything, several
from synnefo.api.identity.catalog import catalog
from synnefo.api.identity.requests.auth import AuthRequest, DomainRef, IdentityPart, Ref, ScopePart
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(
    takes=AuthRequest, gives={"token": Token}, status=201, refuses=[401, 403, 404, 409, 429], query=["nocatalog"]
)
def create_token(call: Call) -> Answer:
    auth = call.decode(AuthRequest).auth
    scope = ScopePart(unscoped={}) if auth.scope == "unscoped" else auth.scope
    issued = commands.issue_token(_login(auth.identity), _scope(scope) if scope else None, call.address)
    body = render.token(call, issued.info, with_catalog="nocatalog" not in call.query)
    return Answer(201, body, {"X-Subject-Token": issued.token, "Vary": "X-Auth-Token"})


@describes(gives={"token": Token}, refuses=[404], query=["nocatalog"])
def show_token(call: Call) -> Answer:
    subject = _subject(call)
    info = queries.describe(call.caller, subject)
    body = render.token(call, info, with_catalog="nocatalog" not in call.query)
    return Answer(200, body, {"X-Subject-Token": subject, "Vary": "X-Auth-Token"})


@describes(status=204)
def delete_token(call: Call) -> Answer:
    commands.revoke_token(call.caller, _subject(call))
    return Answer(204)


@describes(gives=several("catalog", CatalogEntry))
def show_catalog(call: Call) -> Answer:
    return Answer(
        200, {"catalog": catalog(call.base_url, call.caller.project, call.caller.user), "links": render.links(call)}
    )


@describes(gives=several("projects", Project))
def list_projects(call: Call) -> Answer:
    return render.many(call, "projects", map(render.project, directory.scopes(call.caller)))


@describes(gives=several("domains", Domain))
def list_domains(call: Call) -> Answer:
    return render.many(call, "domains", map(render.domain, directory.domain_scopes(call.caller)))


@describes(gives=several("system", Everything))
def list_systems(call: Call) -> Answer:
    system = [{"all": True}] if directory.system_scope(call.caller) else []
    return Answer(200, {"system": system, "links": render.links(call)})


def _subject(call: Call) -> str:
    token = call.header("X-Subject-Token")
    if not token:
        raise BadRequest(reason="Send the token that this is about in the header X-Subject-Token.")
    return token


def _login(identity: IdentityPart) -> Login:
    """Exactly one way of proving who one is, its part of the body at hand."""
    method = identity.methods[0]
    if len(identity.methods) > 1:
        raise MethodNotOffered(method=" and ".join(sorted(set(identity.methods)))[:100])
    if method == "password" and identity.password:
        user = identity.password.user
        return Password(user=_named(user), password=user.password)
    if method == "token" and identity.token:
        return FromToken(token=identity.token.id)
    if method == "application_credential" and identity.application_credential:
        given = identity.application_credential
        if not given.id and not (given.name and given.user):
            raise BadRequest(reason="An application credential is told by its id, or by its name and its user.")
        owner = _named(given.user) if given.user and not given.id else None
        return Credential(id=given.id, name=given.name, user=owner, secret=given.secret)
    if method in {"password", "token", "application_credential"}:
        raise BadRequest(reason=f"The field auth.identity.{method} is required by the method {method}. Add it.")
    raise MethodNotOffered(method=method[:100])


def _named(ref: Ref) -> Named:
    """By id, or by name and domain. Raises :class:`BadRequest` when neither is complete."""
    domain = ref.domain or DomainRef()
    if not ref.id and not (ref.name and (domain.id or domain.name)):
        raise BadRequest(reason="A user or project is told by its id, or by its name and its domain's id or name.")
    return Named(id=ref.id, name=ref.name, domain_id=domain.id, domain_name=domain.name)


def _scope(scope: ScopePart) -> Scope:
    given = [part for part in (scope.project, scope.domain, scope.system, scope.unscoped) if part is not None]
    if len(given) != 1:
        raise BadRequest(reason="The field auth.scope names exactly one of project, domain, system and unscoped.")
    if scope.domain and not (scope.domain.id or scope.domain.name):
        raise BadRequest(reason="The field auth.scope.domain needs an id or a name.")
    return Scope(
        project=_named(scope.project) if scope.project else None,
        domain=Named(id=scope.domain.id, name=scope.domain.name) if scope.domain else None,
        system=scope.system is not None,
    )
