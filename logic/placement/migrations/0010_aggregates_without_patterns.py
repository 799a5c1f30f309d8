"""No index for patterns of aggregates either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("placement", "0009_aggregates")]
    operations = [DropPatternIndexes()]
