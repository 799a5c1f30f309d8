"""The name of a disk whose content is waited for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("image", "0009_captures_without_patterns")]

    operations = [
        migrations.AddField(
            model_name="capture",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
    ]
