"""The flavor that a server is being resized to, or may go back to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0007_foreign_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="other_flavor",
            field=models.JSONField(null=True),
        ),
    ]
