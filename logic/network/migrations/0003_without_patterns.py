"""No index for patterns, which nothing asks for, and none that another begins with."""

from django.db import migrations, models

from logic.migrating import DropIndexOf, DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("network", "0002_living"), ("placement", "0003_restored")]

    operations = [
        DropPatternIndexes(),
        DropIndexOf(
            model_name="address",
            name="subnet",
            field=models.ForeignKey(
                db_index=False, on_delete=models.PROTECT, related_name="addresses", to="network.subnet"
            ),
        ),
    ]
