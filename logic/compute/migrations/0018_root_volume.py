"""The volume that a server boots from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0017_more_disks"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="root_volume",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
    ]
