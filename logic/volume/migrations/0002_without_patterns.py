"""No index for patterns of volumes, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("volume", "0001_initial")]

    operations = [DropPatternIndexes()]
