"""Server groups, who is in them, and what was asked of a server's place."""

import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0009_attributes"),
        ("placement", "0008_without_patterns"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServerGroup",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("project", models.CharField(max_length=64)),
                ("user", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=255)),
                ("policy", models.CharField(max_length=32)),
                ("per_host", models.PositiveIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name="server",
            name="group",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
        migrations.AddField(
            model_name="server",
            name="hints",
            field=models.JSONField(null=True),
        ),
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("group", ""), _negated=True), fields=["group"], name="server_in_group"
            ),
        ),
        migrations.AddIndex(
            model_name="servergroup",
            index=models.Index(fields=["project", "created_at", "id"], name="server_group_of"),
        ),
    ]
