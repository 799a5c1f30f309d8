"""The app's name and label for Django, and what other apps hear of it when all are there."""

from django.apps import AppConfig

from logic.image import holders


class ComputeConfig(AppConfig):
    name = "logic.compute"
    label = "compute"

    def ready(self) -> None:
        from logic.compute import shelves  # noqa: PLC0415 - names a table

        holders.register(self.label, shelves.why_kept)
