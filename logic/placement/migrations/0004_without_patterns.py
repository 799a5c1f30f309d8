"""No index for patterns, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("placement", "0003_restored")]

    operations = [
        DropPatternIndexes(),
    ]
