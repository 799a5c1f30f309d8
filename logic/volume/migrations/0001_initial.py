"""Volumes of tenants, each with a life of its own."""

import django.db.models.deletion
import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("placement", "0006_room"),
    ]

    operations = [
        migrations.CreateModel(
            name="Volume",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("observed", models.CharField(default="none", max_length=16)),
                ("mode", models.CharField(default="normal", max_length=16)),
                ("fault", models.TextField(blank=True, default="")),
                ("fault_code", models.CharField(blank=True, default="", max_length=64)),
                ("command", models.CharField(blank=True, default="", max_length=36)),
                ("verb", models.CharField(blank=True, default="", max_length=24)),
                ("fence_job", models.BigIntegerField(default=0)),
                ("fence_op", models.IntegerField(default=0)),
                ("incarnation", models.CharField(blank=True, default="", max_length=36)),
                ("backend_uuid", models.CharField(blank=True, default="", max_length=64)),
                ("missing", models.IntegerField(default=0)),
                ("version", models.BigIntegerField(default=0)),
                ("look_at", models.DateTimeField(db_index=True, null=True)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(default=logic.clock.now)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("description", models.CharField(blank=True, max_length=255, null=True)),
                ("project", models.CharField(max_length=64)),
                ("user", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("metadata", models.JSONField(default=dict)),
                ("zone", models.CharField(blank=True, default="", max_length=255)),
                ("template", models.CharField(blank=True, default="", max_length=32)),
                ("device", models.CharField(blank=True, db_index=True, default="", max_length=36)),
                ("attached_at", models.DateTimeField(null=True)),
                (
                    "backend",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="placement.backend"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("observed", "gone"), _negated=True),
                        fields=["project", "created_at", "id"],
                        name="volume_living_in",
                    ),
                    models.Index(
                        condition=models.Q(("observed", "gone"), _negated=True),
                        fields=["created_at", "id"],
                        name="volume_living",
                    ),
                ],
            },
        ),
    ]
