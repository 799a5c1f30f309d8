"""Whether a volume is deleted with the server that it is on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("volume", "0008_messages_without_patterns"),
    ]

    operations = [
        migrations.AddField(
            model_name="volume",
            name="goes_along",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
