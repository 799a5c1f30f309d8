"""Whether the disk of a server is left as its image has it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0014_image_properties"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="disk_config",
            field=models.CharField(blank=True, db_default="AUTO", default="AUTO", max_length=6),
        ),
    ]
