"""No index for patterns of routers either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0012_routers")]

    operations = [DropPatternIndexes()]
