"""No index for patterns of floating addresses either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0010_floating")]

    operations = [DropPatternIndexes()]
