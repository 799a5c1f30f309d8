"""Which projects may use a flavor that is not public."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0011_groups_without_patterns"),
    ]

    operations = [
        migrations.CreateModel(
            name="FlavorAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.CharField(max_length=64)),
                (
                    "flavor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="access", to="compute.flavor"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("flavor", "project"), name="flavor_access_once")],
            },
        ),
    ]
