"""Whether the server that a volume was to come to could not be made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("volume", "0009_goes_along"),
    ]

    operations = [
        migrations.AddField(
            model_name="volume",
            name="unmade",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
