"""The version documents, which need no token, and the list of extensions."""

from logic.errors import NotFound
from synnefo.api.compute.render import discovery as render
from synnefo.api.compute.render.discovery import Extension, Version, VersionBrief
from synnefo.api.compute.render.frame import frame
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"versions": list[VersionBrief]})
def list_versions(call: Call) -> Answer:
    base = frame(call).base
    return Answer(200, {"versions": [render.listed_old_version(base), render.listed_version(base)]})


@describes(gives={"version": Version})
def show_old_version(call: Call) -> Answer:
    return Answer(200, {"version": render.old_version(frame(call).base)})


@describes(gives={"version": Version})
def show_version(call: Call) -> Answer:
    return Answer(200, {"version": render.version(frame(call).base)})


@describes(gives={"extensions": list[Extension]})
def list_extensions(_: Call) -> Answer:
    return Answer(200, {"extensions": [render.extension(alias) for alias in render.EXTENSIONS]})


@describes(gives={"extension": Extension})
def show_extension(_: Call, alias: str) -> Answer:
    if alias not in render.EXTENSIONS:
        raise NotFound(kind="extension", id=alias)
    return Answer(200, {"extension": render.extension(alias)})
