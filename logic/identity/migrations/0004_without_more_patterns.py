"""No index for patterns on what 0003 made, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("identity", "0003_complete")]

    operations = [
        DropPatternIndexes(),
    ]
