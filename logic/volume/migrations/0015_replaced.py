"""What a volume is to be of, while its disk is given up for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("volume", "0014_reservation")]

    operations = [
        migrations.AddField(model_name="volume", name="other_content", field=models.JSONField(null=True)),
        migrations.AddField(
            model_name="volume", name="remains", field=models.BooleanField(db_default=False, default=False)
        ),
    ]
