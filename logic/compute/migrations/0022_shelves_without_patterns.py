"""No index for patterns of shelved servers either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compute", "0021_shelf")]
    operations = [DropPatternIndexes()]
