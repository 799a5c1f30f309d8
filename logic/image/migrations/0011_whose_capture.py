"""Disks whose content others than images wait for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("image", "0010_capture_names")]

    operations = [
        migrations.AddField(
            model_name="capture",
            name="kind",
            field=models.CharField(db_default="image", default="image", max_length=16),
        ),
        migrations.AddField(
            model_name="capture",
            name="most",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="capture",
            name="staged",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
    ]
