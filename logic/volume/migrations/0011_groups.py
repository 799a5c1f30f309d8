"""Groups of volumes, their types and their snapshots; a volume and a snapshot say what they belong to."""

import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("volume", "0010_unmade"),
    ]

    operations = [
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(null=True)),
                ("description", models.CharField(blank=True, max_length=255, null=True)),
                ("project", models.CharField(max_length=64)),
                ("user", models.CharField(max_length=64)),
                ("type", models.CharField(max_length=36)),
                ("status", models.CharField(default="available", max_length=32)),
                ("types", models.JSONField(default=list)),
                ("zone", models.CharField(blank=True, default="", max_length=255)),
                ("snapshot", models.CharField(blank=True, default="", max_length=36)),
                ("source", models.CharField(blank=True, default="", max_length=36)),
            ],
        ),
        migrations.CreateModel(
            name="GroupSnapshot",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(null=True)),
                ("description", models.CharField(blank=True, max_length=255, null=True)),
                ("project", models.CharField(max_length=64)),
                ("user", models.CharField(max_length=64)),
                ("type", models.CharField(max_length=36)),
                ("group", models.CharField(max_length=36)),
                ("marked", models.CharField(blank=True, default="", max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="GroupType",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(null=True)),
                ("description", models.CharField(blank=True, max_length=255, null=True)),
                ("public", models.BooleanField(default=True)),
                ("specs", models.JSONField(default=dict)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("name",), name="volume_group_type_name")]},
        ),
        migrations.AddField(
            model_name="snapshot",
            name="group_snapshot",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
        migrations.AddField(
            model_name="volume",
            name="group",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("group_snapshot", ""), _negated=True),
                fields=["group_snapshot"],
                name="volume_snapshot_with",
            ),
        ),
        migrations.AddIndex(
            model_name="volume",
            index=models.Index(
                condition=models.Q(("group", ""), _negated=True), fields=["group"], name="volume_in_group"
            ),
        ),
        migrations.AddIndex(
            model_name="group",
            index=models.Index(fields=["project", "created_at", "id"], name="volume_group_in"),
        ),
        migrations.AddIndex(
            model_name="groupsnapshot",
            index=models.Index(fields=["project", "created_at", "id"], name="volume_group_snapshot_in"),
        ),
        migrations.AddIndex(
            model_name="groupsnapshot",
            index=models.Index(fields=["group"], name="volume_group_snapshot_of"),
        ),
    ]
