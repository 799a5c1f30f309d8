import django.db.models.deletion
import logic.clock
import logic.db
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0009_without_patterns"),
    ]

    operations = [
        migrations.CreateModel(
            name="FloatingAddress",
            fields=[
                ("id", models.CharField(default=logic.db.new_id, max_length=36, primary_key=True, serialize=False)),
                ("project", models.CharField(max_length=64)),
                ("description", models.CharField(blank=True, default="", max_length=255)),
                ("fixed", models.CharField(blank=True, default="", max_length=45)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                ("updated_at", models.DateTimeField(default=logic.clock.now)),
                (
                    "address",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="floating", to="network.address"
                    ),
                ),
                (
                    "port",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="floating",
                        to="network.port",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [models.Index(fields=["project", "created_at", "id"], name="floating_of_project")],
                "constraints": [models.UniqueConstraint(fields=("port", "fixed"), name="floating_once")],
            },
        ),
    ]
