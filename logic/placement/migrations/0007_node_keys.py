import django.db.models.deletion
import logic.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("placement", "0006_room"),
    ]

    operations = [
        migrations.CreateModel(
            name="NodeKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=logic.clock.now)),
                (
                    "backend",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="node_keys", to="placement.backend"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
    ]
