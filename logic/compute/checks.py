"""What is checked of a server both when it is made and later. Called by ``creating`` and ``commands``."""

from django.conf import settings

from logic.backends import os_parameters
from logic.backends.registry import capabilities
from logic.compute.models import Server
from logic.errors import BadRequest, NotSupported, QuotaExceeded
from logic.messages.commands import Command
from logic.placement.fitting import TEMPLATE
from logic.placement.models import Backend
from logic.quota import queries as quotas

MANUAL = "MANUAL"


def can(backend: Backend, command: type[Command]) -> None:
    """What a backend cannot do is refused before anything is written. Raises :class:`NotSupported`."""
    if command not in capabilities(backend.kind):
        raise NotSupported(reason=f"Clusters of kind {backend.kind} cannot do this.")


def template_of(server: Server) -> str:
    """What its disks are, as far as we have said so."""
    template: str = server.extra_specs.get(TEMPLATE) or server.backend.disk_template or settings.GANETI_DISK_TEMPLATE
    return template


def check_disk_config(wanted: str | None) -> None:
    """May a disk be left as its image has it? Raises :class:`BadRequest`."""
    if wanted == MANUAL and os_parameters.provider_of(settings.GANETI_OS_PROVIDER).grows:
        raise BadRequest(reason="File systems of this cloud are always made to fill the disk. Send AUTO as diskConfig.")


def check_metadata(metadata: dict[str, str], used: int, project: str = "", user: str = "") -> None:
    """Raises :class:`QuotaExceeded`; ``used`` is how many items there are now. A ``project`` may have a limit of its own, and a
    ``user`` of it."""
    own = quotas.limits(project, user) if metadata and project else {}
    limit = own.get("metadata_items", settings.MAX_METADATA_ITEMS)
    if 0 <= limit < len(metadata):
        raise QuotaExceeded(resource="metadata_items", requested=len(metadata) - used, used=used, limit=limit)
