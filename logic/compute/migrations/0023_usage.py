"""What a project has used is found without reading all servers that are deleted: an index of these alone, by their ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0022_shelves_without_patterns"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("terminated_at__isnull", False)),
                fields=["terminated_at", "project"],
                name="server_ended",
            ),
        ),
    ]
