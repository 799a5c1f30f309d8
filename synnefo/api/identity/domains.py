"""``/v3/domains``."""

from logic.identity.commands import domains as commands
from logic.identity.commands.domains import DomainChanges, NewDomain
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.answers.people import Domain
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.people import DomainBody, DomainPatch, DomainPatchRequest, DomainRequest
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives=several("domains", Domain), query=parameters("enabled", "name"))
def list_domains(call: Call) -> Answer:
    return listed(call, "domains", map(render.domain, directory.domains(call.caller, asked(call, "name", "enabled"))))


@describes(gives={"domain": Domain})
def show_domain(call: Call, domain_id: str) -> Answer:
    return render.one(call, "domain", "domains", render.domain(directory.domain(call.caller, domain_id)))


@describes(takes=DomainRequest, status=201, gives={"domain": Domain})
def create_domain(call: Call) -> Answer:
    body = call.decode(DomainRequest).domain
    own = extra(call, "domain", DomainBody)
    new = NewDomain(name=body.name, description=body.description or "", enabled=body.enabled, extra=own)
    return render.one(call, "domain", "domains", render.domain(commands.create_domain(call.caller, new)), 201)


@describes(takes=DomainPatchRequest, gives={"domain": Domain})
def change_domain(call: Call, domain_id: str) -> Answer:
    body = call.decode(DomainPatchRequest).domain
    own = extra(call, "domain", DomainPatch)
    changes = DomainChanges(name=body.name, description=body.description, enabled=body.enabled, extra=own)
    changed = commands.change_domain(call.caller, domain_id, changes)
    return render.one(call, "domain", "domains", render.domain(changed))


@describes(status=204)
def delete_domain(call: Call, domain_id: str) -> Answer:
    commands.delete_domain(call.caller, domain_id)
    return Answer(204)
