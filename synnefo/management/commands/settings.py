"""``manage.py settings [NAME]``: the value and the origin of each setting. Secrets are shown as ***.

Where there is an embedded cloud in the state directory, what it goes by is shown and said to be its own."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from logic.configuration import Settings, checking
from logic.errors import BadRequest
from logic.redaction import HIDDEN, hidden
from synnefo.management.tables import OperatorCommand
from synnefo.settings.databases import FILE
from synnefo.standalone.places import instead

COMPUTED = (
    "VAR_DIR",
    "SECRET_KEYS_FILE",
    "IMAGES_DIR",
    "POLICY_FILE",
)  # empty means a place beside the code or the site


class Command(OperatorCommand):
    """A table of all, or everything about one."""

    help = __doc__
    any_schema = True

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="show only this one, with its unit and reason")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        configured: Settings = settings.CONFIGURATION
        name = options["name"]
        if name is None:
            rows = [(one, shown(configured, one), checking.unit(one), origin(configured, one)) for one in configured]
            self.print_table(["name", "value", "unit", "origin"], rows)
        else:
            self.print_facts(about(configured, name))


def about(configured: Settings, name: str) -> dict[str, object]:
    """All there is to know of a setting. Raises :class:`BadRequest`."""
    if name not in configured:
        meant = checking.alike(name)
        raise BadRequest(reason=f"No setting is named {name}" + (f"; did you mean {meant}?" if meant else "."))
    return {
        "name": name,
        "value": shown(configured, name),
        "unit": checking.unit(name),
        "origin": origin(configured, name),
        "reason": checking.reason(name),
    }


def origin(configured: Settings, name: str) -> str:
    """Where the value is from."""
    var = Path(settings.VAR_DIR)
    if name == "POLICY_FILE" and not configured[name] and settings.POLICY_FILE:
        return "the site's directory"
    return f"the embedded cloud in {var}" if name in instead(var) else str(configured.origin(name))


def _sqlite() -> dict[str, object]:
    """What no database at all means."""
    return {"default": {"ENGINE": "sqlite", "NAME": str(Path(settings.VAR_DIR) / FILE)}}


def shown(configured: Settings, name: str) -> Any:
    """The value as anybody may see it."""
    if name in COMPUTED:
        return str(getattr(settings, name))
    if name in (own := instead(Path(settings.VAR_DIR))):
        return own[name]
    value = configured[name] or (_sqlite() if name == "DATABASES" else configured[name])
    if checking.is_secret(name):
        return HIDDEN if value else ""
    return hidden(value, configured.secrets())
