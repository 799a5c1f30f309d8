"""No index for patterns of security groups either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0008_security_groups")]

    operations = [DropPatternIndexes()]
