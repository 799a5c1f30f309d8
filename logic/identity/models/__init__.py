"""Tables of identity. No verbs: writes are in ``commands``, reads in ``queries``.

Secrets are kept as hashes: passwords and application credentials as argon2id, tokens (256 bits of chance) as SHA-256. Only what
signatures are checked with is encrypted instead. Deleting a user, a project, a credential or a token deletes what was made
from it.
"""

from logic.identity.models.catalog import Endpoint, Limit, Policy, Region, RegisteredLimit, Service
from logic.identity.models.credentials import AccessRule, ApplicationCredential, StoredCredential, Token
from logic.identity.models.ids import new_id
from logic.identity.models.people import Domain, Group, Membership, Project, User
from logic.identity.models.roles import Assignment, Grant, Implication, Role

__all__ = [
    "AccessRule",
    "ApplicationCredential",
    "Assignment",
    "Domain",
    "Endpoint",
    "Grant",
    "Group",
    "Implication",
    "Limit",
    "Membership",
    "Policy",
    "Project",
    "Region",
    "RegisteredLimit",
    "Role",
    "Service",
    "StoredCredential",
    "Token",
    "User",
    "new_id",
]
