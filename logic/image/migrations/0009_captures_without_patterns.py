"""No index for patterns of captures either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("image", "0008_captures")]

    operations = [DropPatternIndexes()]
