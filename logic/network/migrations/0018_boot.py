"""Since which start of it a node carries routers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0017_without_patterns")]

    operations = [
        migrations.AddField(
            "routernode", "boot", models.CharField(max_length=64, blank=True, default="", db_default="")
        ),
    ]
