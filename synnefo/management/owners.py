"""Projects and users as operators name them: by id or by name.

Called by the commands that take one. Both functions raise :class:`NotFound`, and :class:`BadRequest` for a name that
several domains have.
"""

from collections.abc import Callable, Sequence

from logic.access import operator
from logic.errors import BadRequest, NotFound
from logic.identity.infos import ProjectInfo, UserInfo
from logic.identity.queries import directory
from logic.identity.queries.listing import Listing


def project_id(word: str) -> str:
    return _one(
        "project", word, lambda: directory.project(operator(), word), lambda: directory.projects(operator(), _of(word))
    )


def user_id(word: str) -> str:
    return _one("user", word, lambda: directory.user(operator(), word), lambda: directory.users(operator(), _of(word)))


def _of(name: str) -> Listing:
    return Listing(filters={"name": name})


def _one(
    kind: str,
    word: str,
    by_id: Callable[[], ProjectInfo | UserInfo],
    by_name: Callable[[], Sequence[ProjectInfo | UserInfo]],
) -> str:
    try:
        return by_id().id
    except NotFound:
        found = by_name()
    if len(found) > 1:
        ids = ", ".join(one.id for one in found)
        raise BadRequest(reason=f"Several {kind}s are named {word!r}. Give the id of one: {ids}.")
    if not found:
        raise NotFound(kind=kind, id=word)
    return found[0].id
