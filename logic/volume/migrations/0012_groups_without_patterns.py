"""No index for patterns of groups, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("volume", "0011_groups")]

    operations = [DropPatternIndexes()]
