"""A message keeps over a replay when it was first set aside, and counts its replays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_without_patterns"),
    ]

    operations = [
        migrations.AddField(
            model_name="parked",
            name="replays",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="replays",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
