"""Indexes of lists hold what there is, not all there ever was; addresses are found by themselves and by the newest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0001_initial"),
        ("placement", "0003_restored"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="address",
            index=models.Index(fields=["ip"], name="address_by_ip"),
        ),
        migrations.AddIndex(
            model_name="address",
            index=models.Index(fields=["subnet", "id"], name="address_newest"),
        ),
        migrations.AddIndex(
            model_name="port",
            index=models.Index(
                condition=models.Q(("observed", "gone"), _negated=True),
                fields=["project", "created_at", "id"],
                name="port_living_in",
            ),
        ),
        migrations.AddIndex(
            model_name="port",
            index=models.Index(
                condition=models.Q(("observed", "gone"), _negated=True), fields=["created_at", "id"], name="port_living"
            ),
        ),
        migrations.RemoveIndex(
            model_name="port",
            name="port_by_project",
        ),
    ]
