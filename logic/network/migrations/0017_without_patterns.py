"""No index for patterns of policies either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0016_sharing")]

    operations = [DropPatternIndexes()]
