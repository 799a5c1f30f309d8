"""Whether a server was made with a disk of metadata."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0015_disk_config"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="config_drive",
            field=models.BooleanField(null=True),
        ),
    ]
