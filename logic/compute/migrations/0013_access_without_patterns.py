"""No index for patterns of flavors that are opened either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compute", "0012_flavor_access")]
    operations = [DropPatternIndexes()]
