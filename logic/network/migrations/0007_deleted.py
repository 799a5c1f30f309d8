"""A network that was deleted is remembered for the ports that were on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0006_without_patterns")]

    operations = [
        migrations.AddField(model_name="network", name="deleted_at", field=models.DateTimeField(null=True)),
    ]
