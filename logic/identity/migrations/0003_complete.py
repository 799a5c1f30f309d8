"""Domains that can be disabled, groups, grants, implied roles, stored credentials, access rules, an operator's own catalog,
limits."""

import django.db.models.deletion
import logic.identity.models.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_without_patterns"),
    ]

    operations = [
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=255)),
                ("blob", models.TextField()),
                ("extra", models.JSONField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=255, primary_key=True, serialize=False
                    ),
                ),
                ("description", models.TextField(blank=True, default="")),
                ("parent", models.CharField(blank=True, default="", max_length=255)),
                ("extra", models.JSONField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=255)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("description", models.TextField(blank=True, default="")),
                ("enabled", models.BooleanField(default=True)),
                ("extra", models.JSONField(null=True)),
            ],
            options={
                "ordering": ["type", "id"],
            },
        ),
        migrations.AlterModelOptions(
            name="domain",
            options={"ordering": ["name"]},
        ),
        migrations.AddField(
            model_name="applicationcredential",
            name="access_rules",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="applicationcredential",
            name="parent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="children",
                to="identity.applicationcredential",
            ),
        ),
        migrations.AddField(
            model_name="applicationcredential",
            name="unrestricted",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="domain",
            name="enabled",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="extra",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="extra",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="parent",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="identity.project"
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="tags",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="role",
            name="domain",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="roles", to="identity.domain"
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="extra",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="token",
            name="system",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="user",
            name="extra",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="options",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="AccessRule",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("service", models.CharField(max_length=64)),
                ("method", models.CharField(max_length=16)),
                ("path", models.CharField(max_length=255)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="access_rules", to="identity.user"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("description", models.TextField(blank=True, default="")),
                ("extra", models.JSONField(null=True)),
                (
                    "domain",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="groups", to="identity.domain"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("domain", "name"), name="group_name")],
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("key", models.CharField(max_length=160, primary_key=True, serialize=False)),
                ("inherited", models.BooleanField(default=False)),
                (
                    "domain",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="identity.domain",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="identity.project",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="identity.role"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="identity.user",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="identity.group",
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Implication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "implied",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="implied_by", to="identity.role"
                    ),
                ),
                (
                    "prior",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="implies",
                        to="identity.role",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("prior", "implied"), name="implication_once")]},
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="identity.group"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="identity.user",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("user", "group"), name="membership_once")]},
        ),
        migrations.CreateModel(
            name="RegisteredLimit",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("service", models.CharField(max_length=32)),
                ("region", models.CharField(blank=True, default="", max_length=255)),
                ("resource", models.CharField(max_length=255)),
                ("amount", models.BigIntegerField()),
                ("description", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("service", "region", "resource"), name="registered_limit_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Limit",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("owner", models.CharField(max_length=32)),
                ("amount", models.BigIntegerField()),
                ("description", models.TextField(blank=True, default="")),
                (
                    "domain",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.domain"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="identity.project"
                    ),
                ),
                (
                    "registered",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="limits",
                        to="identity.registeredlimit",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("registered", "owner"), name="limit_once")],
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=logic.identity.models.ids.new_id, max_length=32, primary_key=True, serialize=False
                    ),
                ),
                ("interface", models.CharField(max_length=8)),
                ("region", models.CharField(blank=True, default="", max_length=255)),
                ("url", models.TextField()),
                ("enabled", models.BooleanField(default=True)),
                ("extra", models.JSONField(null=True)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="endpoints", to="identity.service"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="StoredCredential",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=64)),
                ("blob", models.TextField()),
                ("access", models.CharField(max_length=64, null=True, unique=True)),
                (
                    "project",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stored",
                        to="identity.project",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stored",
                        to="identity.applicationcredential",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stored", to="identity.user"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="token",
            name="stored",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to="identity.storedcredential",
            ),
        ),
    ]
