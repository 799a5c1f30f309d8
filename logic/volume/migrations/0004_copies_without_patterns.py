"""No index for patterns of what there is beside volumes, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("volume", "0003_types_and_copies")]

    operations = [DropPatternIndexes()]
