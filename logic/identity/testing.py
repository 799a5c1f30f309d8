"""For the tests of others: a caller as they imagine one becomes a user with a token."""

import datetime

from logic import clock
from logic.access import Caller
from logic.identity import secrets
from logic.identity.models import Assignment, Domain, Project, Role, Token, User


def sign_in(caller: Caller) -> str:
    """A token for this caller, who now exists with their project and roles."""
    domain, _ = Domain.objects.get_or_create(pk="default", defaults={"name": "Default"})
    user, _ = User.objects.get_or_create(
        pk=caller.user, defaults={"domain": domain, "name": caller.user_name or caller.user}
    )
    project = None
    if caller.project:
        name = caller.project_name or caller.project
        project, _ = Project.objects.get_or_create(pk=caller.project, defaults={"domain": domain, "name": name})
    for name in caller.roles if project else ():
        role, _ = Role.objects.get_or_create(name=name)
        Assignment.objects.get_or_create(user=user, role=role, project=project)
    token = clock.new_token(32)
    expires = clock.now() + datetime.timedelta(hours=1)
    Token.objects.create(pk=secrets.digest(token), user=user, project=project, expires_at=expires)
    return token
