"""Shelved servers that leave their cluster."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0020_moves_without_patterns"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shelf",
            fields=[
                ("server", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("image", models.CharField(blank=True, default="", max_length=36)),
                ("job", models.BigIntegerField(default=0)),
                ("step", models.CharField(max_length=16)),
                ("asked", models.CharField(blank=True, default="", max_length=36)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
