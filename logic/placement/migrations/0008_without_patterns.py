"""No index for patterns of node keys either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("placement", "0007_node_keys")]

    operations = [DropPatternIndexes()]
