"""No index for patterns of server groups either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compute", "0010_groups")]
    operations = [DropPatternIndexes()]
