"""Networks with a flavor are made on clusters, each with a life of its own there."""

import django.db.models.deletion
import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0004_foreign"),
        ("placement", "0004_without_patterns"),
    ]

    operations = [
        migrations.AddField(
            model_name="network",
            name="flavor",
            field=models.CharField(
                blank=True,
                choices=[
                    ("CUSTOM", "Custom"),
                    ("IP_LESS_ROUTED", "Ip Less Routed"),
                    ("MAC_FILTERED", "Mac Filtered"),
                    ("PHYSICAL_VLAN", "Physical Vlan"),
                ],
                db_default="",
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="network",
            name="mac_prefix",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.CreateModel(
            name="BackendNetwork",
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
                (
                    "backend",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="placement.backend"
                    ),
                ),
                (
                    "network",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="network.network",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("network", "backend"), name="network_once_there")],
            },
        ),
    ]
