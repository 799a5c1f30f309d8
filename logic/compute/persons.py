"""What single users of a project have of what may be limited for them: Nova's limits of users, beside those of projects.

Called by ``creating``, ``resizing`` and ``groups``, in the transaction that charges the project; its rows of usage, which are
held until the commit, are the lock of its users too. What a user has is counted where it stands, and only of who has limits of
his own.
"""

from typing import Final

from django.db.models import Sum

from logic.compute.models import Server, ServerGroup
from logic.quota.commands import Person
from logic.quota.models import Delta

COUNTED: Final = ("servers", "cores", "ram", "server_groups")


def person(project: str, user: str) -> Person:
    return Person(user, lambda: used(project, user))


def used(project: str, user: str) -> dict[str, int]:
    """Of :data:`COUNTED`, as the project is charged for it: of a server that is resized, the larger of both sizes."""
    servers = Server.objects.filter(project=project, user=user).exclude(observed="gone").values("pk")
    held = Delta.objects.filter(holder__in=servers, resource__in=COUNTED).values_list("resource")
    groups = ServerGroup.objects.filter(project=project, user=user).count()
    return {**dict.fromkeys(COUNTED, 0), **dict(held.annotate(total=Sum("amount"))), "server_groups": groups}
