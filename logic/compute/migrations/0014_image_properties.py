"""What a server's image said of servers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0013_access_without_patterns"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="image_properties",
            field=models.JSONField(null=True),
        ),
    ]
