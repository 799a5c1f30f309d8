"""No index for patterns. Of its own, since Django makes the indexes of a new table when its migration ends."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compute", "0005_consoles")]
    operations = [DropPatternIndexes()]
