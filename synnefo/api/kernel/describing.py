"""What a view takes and gives, said where it stands: ``@describes(takes=Body, gives={"volume": dict}, status=202)``.

The kernel decodes by it (a struct that is not declared is not decoded), the documents of ``synnefo.api.openapi`` are made of it,
and every answer that a test gets is held against it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, NotRequired, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

V = TypeVar("V", bound=Callable[..., Any])
# A type that msgspec knows; {key: shape}, an object that has these keys (a ``NotRequired`` one now and then), and none beside but
# such as {...: shape} says; (shape, shape), one of them; None, nothing.
Shape = Any
Objects = list[dict[str, Any]]
JSON: Final = "application/json"
NO_CONTENT: Final = 204
Whole = Annotated[int, Meta(ge=0, le=10**6)]
PAGE: Final[dict[str, Shape]] = {"limit": Whole, "marker": str}
SORT: Final[dict[str, Shape]] = {"sort_key": str, "sort_dir": str, "sort": str}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of a route. ``answers`` are its successes by status, ``refuses`` the statuses of refusals beside those that any
    route may give, ``query`` the parameters that are looked at, ``accepts`` and ``sends`` the content types of the two bodies."""

    takes: Shape = None
    answers: Mapping[int, Shape]
    refuses: frozenset[int] = frozenset()
    query: Mapping[str, Shape] = {}
    accepts: tuple[str, ...] = (JSON,)
    sends: str = JSON

    def check(self, kind: Any) -> None:
        """Raises ``TypeError`` unless this may be decoded: the declaration is not true."""
        is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        if self.takes is None or (is_struct and kind not in leaves(self.takes)):
            raise TypeError(f"{kind} is decoded, and not declared: say so by @describes(takes=…) at the view")


def describes(  # noqa: PLR0913 - what there is to say
    *,
    takes: Shape = None,
    gives: Shape = None,
    status: int = 200,
    answers: Mapping[int, Shape] | None = None,
    refuses: Collection[int] = (),
    query: Mapping[str, Shape] | Iterable[str] = (),
    accepts: Collection[str] = (JSON,),
    sends: str = JSON,
) -> Callable[[V], V]:
    """Says of a view what it takes and gives. ``answers`` stands in place of ``gives`` and ``status`` where there are several
    successes, or none; ``query`` may be names alone, of texts."""
    told = Operation(
        takes=takes,
        answers={status: gives} if answers is None else answers,
        refuses=frozenset(refuses),
        query=query if isinstance(query, Mapping) else dict.fromkeys(query, str),
        accepts=tuple(accepts),
        sends=sends,
    )
    return _marking(told)


def acts(actions: Mapping[str, Callable[..., Any]], *, refuses: Collection[int] = ()) -> Callable[[V], V]:
    """Says of a view that its body is ``{name: …}``, of one of these actions, each of which is described by itself; one that
    takes nothing takes null. Raises ``TypeError`` when one is not."""
    known = {name: told for name, act in actions.items() if (told := operation(act))}
    if silent := sorted(actions.keys() - known.keys()):
        raise TypeError(
            f"these actions say nothing of themselves: {silent}. Decorate them with @describes(takes=…, status=…)"
        )
    statuses = {status for one in known.values() for status in one.answers}
    answers = {
        status: _either([one.answers[status] for one in known.values() if status in one.answers])
        for status in sorted(statuses)
    }
    takes = tuple({name: one.takes} for name, one in known.items())
    refused = frozenset(refuses).union(*(one.refuses for one in known.values()))
    return _marking(Operation(takes=takes, answers=answers, refuses=refused))


def _either(shapes: list[Shape]) -> Shape:
    """One of these, each named once."""
    found: list[Shape] = []
    for shape in shapes:
        found += [one for one in (shape if isinstance(shape, tuple) else (shape,)) if one not in found]
    return tuple(found) if len(found) > 1 else found[0]


def refusing(*statuses: int) -> Callable[[V], V]:
    """Says beside what is said of the view already that it may refuse with these, too."""

    def mark(view: V) -> V:
        told = operation(view)
        return _marking(msgspec.structs.replace(told, refuses=told.refuses.union(statuses)))(view) if told else view

    return mark


def _marking(told: Operation) -> Callable[[V], V]:
    def mark(view: V) -> V:
        view.described = told  # type: ignore[attr-defined]
        return view

    return mark


def operation(view: Any) -> Operation | None:
    """What is said of a view, or of the one behind its gate or its ``functools.partial``."""
    while view is not None:
        told = getattr(view, "described", None)
        if told is not None:
            return told if isinstance(told, Operation) else None
        view = getattr(view, "view", None) or getattr(view, "keywords", {}).get("view") or getattr(view, "func", None)
    return None


def leaves(shape: Shape) -> Iterator[Any]:
    """The types in a shape, and those in their lists and unions."""
    if isinstance(shape, Mapping):
        shape = tuple(shape.values())
    if isinstance(shape, tuple):
        for one in shape:
            yield from leaves(one)
    elif shape is not None:
        yield shape
        yield from leaves(get_args(shape))


def keys(shape: Mapping[Any, Shape]) -> dict[str, Shape]:
    """Those that have a name."""
    return {name: one for name, one in shape.items() if name is not ...}


def bare(shape: Shape) -> Shape:
    """What a key holds that is not always there."""
    return get_args(shape)[0] if may_lack(shape) else shape


def may_lack(shape: Shape) -> bool:
    origin: Any = get_origin(shape)
    return origin is NotRequired
