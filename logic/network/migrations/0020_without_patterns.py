"""No index for patterns of address groups either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0019_address_groups")]

    operations = [DropPatternIndexes()]
