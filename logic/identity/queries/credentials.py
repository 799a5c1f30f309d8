"""Reading application credentials and access rules. Secrets are never shown again."""

from logic.access import Caller
from logic.identity.infos import AccessRuleInfo, CredentialInfo
from logic.identity.models import AccessRule, ApplicationCredential
from logic.identity.queries.listing import ALL, Listing, listed, one
from logic.identity.queries.rows import credential_info
from logic.policy import permit

_RULES = {"service": "service", "method": "method", "path": "path"}


def credentials(caller: Caller, user: str, asked: Listing = ALL) -> list[CredentialInfo]:
    """A page. Raises :class:`Forbidden`."""
    permit(caller, "identity:list_application_credentials", user_id=user)
    rows = listed(ApplicationCredential.objects.filter(user=user), asked, {"name": "name"})
    return [credential_info(row) for row in rows]


def credential(caller: Caller, user: str, id: str) -> CredentialInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:get_application_credential", user_id=user)
    return credential_info(one(ApplicationCredential.objects.filter(user=user), "application credential", id))


def access_rules(caller: Caller, user: str, asked: Listing = ALL) -> list[AccessRuleInfo]:
    """A page. Raises :class:`Forbidden`."""
    permit(caller, "identity:list_access_rules", user_id=user)
    return [_info(row) for row in listed(AccessRule.objects.filter(user=user), asked, _RULES, first="id")]


def access_rule(caller: Caller, user: str, id: str) -> AccessRuleInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:get_access_rule", user_id=user)
    return _info(one(AccessRule.objects.filter(user=user), "access rule", id))


def _info(row: AccessRule) -> AccessRuleInfo:
    return AccessRuleInfo(id=row.pk, service=row.service, method=row.method, path=row.path)
