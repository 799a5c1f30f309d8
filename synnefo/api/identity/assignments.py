"""``/v3/role_assignments``, and the roles of a user or a group on a project, a domain or the system.

One view serves all of these addresses: what is in the address says who and where.
"""

from collections.abc import Mapping

from logic.errors import BadRequest
from logic.identity.commands import assignments as commands
from logic.identity.queries import assignments as queries
from logic.identity.queries.assignments import Held, Wanted
from synnefo.api.identity import render
from synnefo.api.identity.answers.roles import Assignment, Role
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import one_flag
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import Shape, describes

INHERITED = "/OS-INHERIT/"
SCOPES = ("scope.project.id", "scope.domain.id", "scope.system")

QUERY: Mapping[str, Shape] = dict.fromkeys(
    [
        *("user.id", "group.id", "role.id", *SCOPES, "inherited_to"),
        *("scope.OS-INHERIT:inherited_to", "effective", "include_names", "include_subtree"),
    ],
    str,
)


@describes(gives=several("role_assignments", Assignment), query=QUERY)
def list_assignments(call: Call) -> Answer:
    query = call.query
    inherited = query.one("scope.OS-INHERIT:inherited_to") or query.one("inherited_to")
    if inherited not in {"", "projects"}:
        raise BadRequest(reason="Roles are inherited by projects: scope.OS-INHERIT:inherited_to is that word.")
    system = "scope.system" in query
    if sum([bool(query.one("scope.project.id")), bool(query.one("scope.domain.id")), system]) > 1:
        raise BadRequest(reason=f"Specify one of {', '.join(SCOPES)}, not several.")
    wanted = Wanted(
        user=query.one("user.id"),
        group=query.one("group.id"),
        role=query.one("role.id"),
        project=query.one("scope.project.id"),
        domain=query.one("scope.domain.id"),
        system=system,
        inherited=True if inherited else None,
        effective=one_flag(call, "effective"),
        subtree=one_flag(call, "include_subtree"),
    )
    names = one_flag(call, "include_names")
    shown = [render.assignment(call, one, names=names) for one in queries.assignments(call.caller, wanted)]
    return Answer(200, {"role_assignments": shown, "links": render.links(call)})


@describes(gives=several("roles", Role))
def list_roles(call: Call, **address: str) -> Answer:
    return render.many(call, "roles", map(render.role, queries.roles_on(call.caller, _held(call, address))))


@describes(status=204)
def check(call: Call, **address: str) -> Answer:
    """204 when it is given, 404 when not."""
    queries.check(call.caller, _held(call, address))
    return Answer(204)


@describes(status=204)
def give(call: Call, **address: str) -> Answer:
    commands.give(call.caller, _held(call, address))
    return Answer(204)


@describes(status=204)
def take(call: Call, **address: str) -> Answer:
    commands.take(call.caller, _held(call, address))
    return Answer(204)


def _held(call: Call, address: dict[str, str]) -> Held:
    parts = {name.removesuffix("_id"): value for name, value in address.items()}
    return Held(**({"role": ""} | parts), inherited=INHERITED in call.path)
