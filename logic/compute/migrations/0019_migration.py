"""Moves of servers and changes of their size, for operators."""

from django.db import migrations, models

import logic.clock


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0018_root_volume"),
    ]

    operations = [
        migrations.CreateModel(
            name="Migration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.CharField(max_length=36, unique=True)),
                ("server", models.CharField(max_length=36)),
                ("kind", models.CharField(max_length=16)),
                ("host", models.CharField(max_length=63)),
                ("user", models.CharField(max_length=64)),
                ("project", models.CharField(max_length=64)),
                ("closed", models.CharField(blank=True, default="", max_length=36)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
            ],
            options={
                "indexes": [models.Index(fields=["server", "id"], name="migration_of_server")],
            },
        ),
    ]
