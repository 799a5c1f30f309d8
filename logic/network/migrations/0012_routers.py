"""Routers, the nodes that carry them, and the floating addresses that go through them."""

import django.db.models.deletion
import logic.clock
import logic.db
from django.db import migrations, models

CASCADE, PROTECT, SET_NULL = (getattr(django.db.models.deletion, name) for name in ("CASCADE", "PROTECT", "SET_NULL"))


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0011_without_patterns"),
        ("placement", "0008_without_patterns"),
    ]

    operations = [
        migrations.AddField(
            "port", "device_owner", models.CharField(max_length=255, blank=True, default="", db_default="")
        ),
        migrations.CreateModel(
            name="RouterNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("links", models.TextField(blank=True, default="")),
                ("seen_at", models.DateTimeField()),
                (
                    "backend",
                    models.ForeignKey(
                        on_delete=CASCADE, to="placement.backend", related_name="router_nodes", db_index=False
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=["backend", "name"], name="router_node_once")],
            },
        ),
        migrations.CreateModel(
            name="Router",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("project", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("description", models.CharField(blank=True, default="", max_length=255)),
                ("admin_state_up", models.BooleanField(default=True)),
                (
                    "gateway",
                    models.OneToOneField(on_delete=PROTECT, to="network.port", null=True, related_name="gateway_of"),
                ),
                ("snat", models.BooleanField(default=True)),
                ("routes", models.JSONField(blank=True, default=list)),
                (
                    "node",
                    models.ForeignKey(on_delete=SET_NULL, to="network.routernode", null=True, related_name="routers"),
                ),
                ("until", models.DateTimeField(null=True)),
                ("epoch", models.PositiveIntegerField(default=0)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(default=logic.clock.now)),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [models.Index(fields=["project", "created_at", "id"], name="router_of_project")],
            },
        ),
        migrations.AddField(
            "floatingaddress",
            "router",
            models.ForeignKey(on_delete=SET_NULL, to="network.router", null=True, related_name="floating"),
        ),
    ]
