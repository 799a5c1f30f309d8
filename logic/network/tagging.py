"""Words that users put on networks, subnets, ports and all the rest, each known by its id. They are nobody's meaning but theirs.

Called by the facade, which has seen that the caller may look at the resource; ``commands`` forget what is deleted.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db.models import Q

from logic.access import Caller, require
from logic.errors import BadRequest, NotFound
from logic.network.models import Tag
from logic.transactions import atomically

MOST: Final = 50  # of one resource
LONGEST: Final = 255


def tags(ids: Sequence[str]) -> dict[str, list[str]]:
    """By resource, in one question."""
    found: dict[str, list[str]] = defaultdict(list)
    for resource, word in Tag.objects.filter(resource__in=ids).order_by("word").values_list("resource", "word"):
        found[resource].append(word)
    return found


@atomically
def put(caller: Caller, resource: str, words: Sequence[str], *, only: bool = False) -> None:
    """It has these tags too; ``only``: and no others. Raises :class:`BadRequest`."""
    require(caller, "member", "tag")
    wanted = [_checked(word) for word in dict.fromkeys(words)]
    mine = Tag.objects.filter(resource=resource)
    if only:
        mine.exclude(word__in=wanted).delete()
    Tag.objects.bulk_create([Tag(resource=resource, word=word) for word in wanted], ignore_conflicts=True)
    if mine.count() > MOST:
        raise BadRequest(reason=f"A resource has at most {MOST} tags. Take some away first.")


@atomically
def take(caller: Caller, resource: str, word: str | None = None) -> None:
    """This one, or all. Raises :class:`NotFound`."""
    require(caller, "member", "take tags away")
    gone, _ = Tag.objects.filter(resource=resource, **({} if word is None else {"word": word})).delete()
    if word is not None and not gone:
        raise NotFound(kind="tag", id=word)


def forget(ids: Sequence[str]) -> None:
    """They are deleted. Inside the caller's transaction."""
    Tag.objects.filter(resource__in=ids).delete()


def _checked(word: str) -> str:
    if not 1 <= len(word) <= LONGEST:
        raise BadRequest(reason=f"Invalid input for tags: a tag has 1 to {LONGEST} characters.")
    return word


def _all(lists: Sequence[str]) -> Q:
    chosen = Q()
    for word in _words(lists):
        chosen &= Q(pk__in=Tag.objects.filter(word=word).values("resource"))
    return chosen


def _any(lists: Sequence[str]) -> Q:
    return Q(pk__in=Tag.objects.filter(word__in=_words(lists)).values("resource"))


def _words(lists: Sequence[str]) -> list[str]:
    return [word for several in lists for word in several.split(",") if word]


WHERE: Final[dict[str, Callable[[list[Any]], Q]]] = {  # filters of any list, each of words with commas between
    "tags": _all,
    "tags_any": _any,
    "not_tags": lambda lists: ~_all(lists),
    "not_tags_any": lambda lists: ~_any(lists),
}
