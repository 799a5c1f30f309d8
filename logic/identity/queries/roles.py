"""Reading roles, and what they imply."""

from logic.access import IMPLIED, Caller
from logic.errors import NotFound
from logic.identity.infos import ImplicationInfo, RoleInfo
from logic.identity.models import Implication, Role
from logic.identity.queries.listing import ALL, NAMED, Listing, listed, one
from logic.identity.queries.rows import role_info
from logic.policy import permit


def roles(caller: Caller, asked: Listing = ALL) -> list[RoleInfo]:
    """The cloud's roles, or those of the domain asked for. Their names are no secret, and needed to make an application
    credential."""
    permit(caller, "identity:list_roles")
    rows = Role.objects.all() if "domain_id" in asked.filters else Role.objects.filter(domain=None)
    return [role_info(row) for row in listed(rows, asked, NAMED)]


def role(caller: Caller, id: str) -> RoleInfo:
    """Raises :class:`NotFound`."""
    permit(caller, "identity:get_role")
    return role_info(one(Role.objects.all(), "role", id))


def implications(caller: Caller) -> list[ImplicationInfo]:
    """Every role that implies others, with those that it implies itself: the built-in ones too."""
    permit(caller, "identity:list_role_inference_rules")
    rows = {row.pk: row for row in Role.objects.all()}
    implied: dict[str, set[str]] = {}
    for prior, other in Implication.objects.values_list("prior", "implied"):
        implied.setdefault(prior, set()).add(other)
    for prior, other in built_in(rows):
        implied.setdefault(prior, set()).add(other)
    return [_told(rows, prior, others) for prior, others in sorted(implied.items(), key=lambda one: rows[one[0]].name)]


def implied_by(caller: Caller, prior: str) -> ImplicationInfo:
    """What a role implies itself. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:list_implied_roles")
    return _implied_by(prior)


def _implied_by(prior: str) -> ImplicationInfo:
    rows = {row.pk: row for row in Role.objects.all()}
    if prior not in rows:
        raise NotFound(kind="role", id=prior)
    others = set(Implication.objects.filter(prior=prior).values_list("implied", flat=True))
    return _told(rows, prior, others | {other for first, other in built_in(rows) if first == prior})


def check_implication(caller: Caller, prior: str, implied: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:check_implied_role")
    _implication(prior, implied)


def implication(caller: Caller, prior: str, implied: str) -> ImplicationInfo:
    """One rule. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:get_implied_role")
    return _implication(prior, implied)


def _implication(prior: str, implied: str) -> ImplicationInfo:
    found = _implied_by(prior)
    only = [role for role in found.implied if role.id == implied]
    if not only:
        raise NotFound(kind="implied role", id=implied)
    return ImplicationInfo(prior=found.prior, implied=only)


def built_in(rows: dict[str, Role]) -> list[tuple[str, str]]:
    """The rules that are in ``logic.access``, by id: each role implies the next."""
    ids = {row.name: row.pk for row in rows.values()}
    ways = [
        (name, max(others - {name}, key=lambda other: len(IMPLIED[other]), default=""))
        for name, others in IMPLIED.items()
    ]
    return [(ids[name], ids[other]) for name, other in ways if name in ids and other in ids]


def _told(rows: dict[str, Role], prior: str, others: set[str]) -> ImplicationInfo:
    implied = sorted((rows[id] for id in others), key=lambda row: row.name)
    return ImplicationInfo(prior=role_info(rows[prior]), implied=[role_info(row) for row in implied])
