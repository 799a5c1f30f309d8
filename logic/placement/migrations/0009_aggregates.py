"""Aggregates of clusters, and why one is drained."""

import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("placement", "0008_without_patterns"),
    ]

    operations = [
        migrations.AddField(
            model_name="backend",
            name="drained_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.CreateModel(
            name="Aggregate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.CharField(default=logic.db.new_id, max_length=36, unique=True)),
                ("name", models.CharField(max_length=255, unique=True)),
                ("zone", models.CharField(blank=True, default="", max_length=255)),
                ("metadata", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(null=True)),
                ("backends", models.ManyToManyField(related_name="aggregates", to="placement.backend")),
            ],
            options={
                "ordering": ["id"],
            },
        ),
    ]
