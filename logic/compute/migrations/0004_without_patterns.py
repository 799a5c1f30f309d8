"""No index for patterns, which nothing asks for, and none that another begins with."""

from django.db import migrations, models

from logic.migrating import DropIndexOf, DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("compute", "0003_living"), ("placement", "0003_restored")]

    operations = [
        DropPatternIndexes(),
        DropIndexOf(
            model_name="server",
            name="backend",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="placement.backend"
            ),
        ),
    ]
