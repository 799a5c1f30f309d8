"""``manage.py openapi SERVICE``: print the OpenAPI document of a service, as ``GET /SERVICE/openapi.json`` answers it."""

from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from synnefo.api.openapi.document import document
from synnefo.api.services import SERVICES


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("service", choices=[one.mount for one in SERVICES])

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        (service,) = (one for one in SERVICES if one.mount == options["service"])
        self.stdout.write(msgspec.json.format(msgspec.json.encode(document(service)), indent=2).decode())
