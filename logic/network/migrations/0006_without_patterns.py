"""No index for patterns of networks on clusters either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0005_on_clusters")]

    operations = [DropPatternIndexes()]
