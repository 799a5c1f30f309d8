"""No index for patterns of copies either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("image", "0006_copies")]

    operations = [DropPatternIndexes()]
