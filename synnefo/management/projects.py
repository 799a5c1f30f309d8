"""Projects as operators name them: by id or by name."""

from logic.access import operator
from logic.errors import BadRequest, NotFound
from logic.identity.infos import ProjectInfo
from logic.identity.queries import directory


def project_id(word: str) -> str:
    """Raises :class:`NotFound`, and :class:`BadRequest` for a name that several domains have."""
    try:
        return directory.project(operator(), word).id
    except NotFound:
        found = directory.projects(operator(), name=word)
    if len(found) > 1:
        raise BadRequest(reason=f"Several projects are named {word!r}. Give the id of one: {_ids(found)}.")
    if not found:
        raise NotFound(kind="project", id=word)
    return found[0].id


def _ids(found: list[ProjectInfo]) -> str:
    return ", ".join(one.id for one in found)
