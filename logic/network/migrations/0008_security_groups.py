"""Security groups, their rules, and who is in them. Ports that are there are in none, and open as they were."""

import django.db.models.deletion
import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0007_deleted"),
    ]

    operations = [
        migrations.AddField(
            model_name="port",
            name="port_security",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="SecurityGroup",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("project", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("description", models.CharField(blank=True, default="", max_length=255)),
                ("is_default", models.BooleanField(default=False)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(default=logic.clock.now)),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [models.Index(fields=["project", "name"], name="security_group_named")],
            },
        ),
        migrations.CreateModel(
            name="SecurityRule",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("direction", models.CharField(max_length=7)),
                ("ethertype", models.CharField(max_length=4)),
                ("protocol", models.CharField(blank=True, default="", max_length=16)),
                ("port_min", models.PositiveIntegerField(null=True)),
                ("port_max", models.PositiveIntegerField(null=True)),
                ("remote_prefix", models.CharField(blank=True, default="", max_length=64)),
                ("description", models.CharField(blank=True, default="", max_length=255)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="network.securitygroup"
                    ),
                ),
                (
                    "remote_group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="network.securitygroup",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="PortGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "port",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="groups",
                        to="network.port",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="network.securitygroup"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("port", "group"), name="port_group_once")],
            },
        ),
    ]
