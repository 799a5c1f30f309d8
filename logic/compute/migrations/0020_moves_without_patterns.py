"""No index for patterns of what became of moves either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compute", "0019_migration")]
    operations = [DropPatternIndexes()]
