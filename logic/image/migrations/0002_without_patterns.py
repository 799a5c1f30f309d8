"""No index for patterns, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("image", "0001_initial")]

    operations = [
        DropPatternIndexes(),
    ]
