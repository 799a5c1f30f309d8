"""What a project may have of images, and has. Called by the facade."""

from logic.access import Caller
from logic.errors import Forbidden
from logic.image.counting import COUNT, SIZE, UPLOADING
from logic.quota import queries
from logic.quota.queries import QuotaInfo


def of(caller: Caller) -> dict[str, QuotaInfo]:
    """By resource. What is staged counts as what is there. Raises :class:`Forbidden` without a project."""
    if not caller.project:
        raise Forbidden(action="get_usage", needs="member of a project")
    found = queries.quotas(caller.project)
    known = {name: found[name] for name in (SIZE, COUNT, UPLOADING) if name in found}
    return known | ({"image_stage_total": known[SIZE]} if SIZE in known else {})
