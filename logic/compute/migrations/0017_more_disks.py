"""Disks beside the first one: of flavors, and of servers as they were made."""

from django.db import migrations, models

NONE = {"db_default": 0, "default": 0}


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0016_config_drive"),
    ]

    operations = [
        *[
            migrations.AddField(model_name=model, name=name, field=models.PositiveIntegerField(**NONE))
            for model in ("flavor", "server")
            for name in ("ephemeral", "swap")
        ],
        migrations.AddField(
            model_name="flavor",
            name="rxtx_factor",
            field=models.FloatField(db_default=1.0, default=1.0),
        ),
    ]
