"""What instances that are nobody's hold of our networks; an address may be held without a port."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0003_without_patterns"),
        ("placement", "0004_without_patterns"),
    ]

    operations = [
        migrations.AlterField(
            model_name="address",
            name="port",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="addresses", to="network.port"
            ),
        ),
        migrations.CreateModel(
            name="Foreign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("instance", models.CharField(max_length=255)),
                ("mac", models.CharField(max_length=17)),
                (
                    "address",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="foreign",
                        to="network.address",
                    ),
                ),
                (
                    "backend",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="placement.backend"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["mac"], name="foreign_by_mac")],
            },
        ),
    ]
