"""No index for patterns of tags and of what is reserved either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0014_tenants")]

    operations = [DropPatternIndexes()]
