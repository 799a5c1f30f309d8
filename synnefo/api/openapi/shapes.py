"""Shapes (``kernel.describing``) as JSON schemas, 2020-12, which is what OpenAPI 3.1 takes. Structs are named components."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from synnefo.api.kernel.describing import Shape, bare, keys, may_lack

Schema = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{name}"
_QUALIFIED = re.compile(
    r"synnefo\.api\.[a-z]+\.(?:views\.|requests\.|render\.)?"
)  # two structs of one name have their modules' too


class Schemas:
    """The schemas of a document's shapes, made at once: what has the same name is told apart."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self._types = list(dict.fromkeys(kind for shape in shapes for kind in _types(shape)))
        schemas, components = msgspec.json.schema_components(self._types, schema_hook=_other, ref_template=REFERENCE)
        self._schemas: dict[Any, Schema] = dict(zip(self._types, map(_renamed, schemas), strict=True))
        self.components: Schema = {_name(name): _renamed(about) for name, about in sorted(components.items())}

    def body(self, shape: Shape) -> Schema:
        """Of what is taken: of several, one alone."""
        if not isinstance(shape, tuple):
            return self.of(shape)
        alone = [{**self.of(one), "maxProperties": len(one)} for one in shape if isinstance(one, Mapping)]
        return {"oneOf": alone} if alone else self.of(shape)

    def of(self, shape: Shape) -> Schema:
        if shape is None:
            return {"type": "null"}
        if isinstance(shape, Mapping):
            properties = {name: self.of(one) for name, one in keys(shape).items()}
            always = [name for name, one in keys(shape).items() if not may_lack(one)]
            others = {"additionalProperties": self.of(shape[...])} if ... in shape else {}
            return {"type": "object", "properties": properties, "required": always, **others}
        if isinstance(shape, tuple):
            return {"anyOf": [self.of(one) for one in shape if one is not None]}
        return self._schemas[bare(shape)]


def _other(kind: type) -> Schema:
    """What only Python knows: ``object`` is anything. Raises ``TypeError`` for all else."""
    if kind is object:
        return {"description": "Anything."}
    raise TypeError(f"{kind} has no JSON schema: describe a view by types that msgspec knows, or by object")


def _types(shape: Shape) -> Iterable[Any]:
    if isinstance(shape, Mapping):
        shape = tuple(shape.values())
    if isinstance(shape, tuple):
        return [kind for one in shape for kind in _types(one)]
    return [] if shape is None else [bare(shape)]


def _renamed(about: Any) -> Any:
    """Without the names of our packages, in all that is referred to, and the defaults that only mean that nothing was sent."""
    if isinstance(about, dict):
        kept = {key: one for key, one in about.items() if key != "default" or one not in ("", None, [])}
        return {key: _name(one) if key == "$ref" else _renamed(one) for key, one in kept.items()}
    return [_renamed(one) for one in about] if isinstance(about, list) else about


def _name(name: str) -> str:
    return _QUALIFIED.sub("", name)


def of_value(value: Any) -> Schema:
    """The schema of what looks like this one."""
    if isinstance(value, dict):
        properties = {name: of_value(one) for name, one in value.items()}
        return {"type": "object", "properties": properties, "required": list(value)}
    return {"type": "integer" if isinstance(value, int) else "string"}
