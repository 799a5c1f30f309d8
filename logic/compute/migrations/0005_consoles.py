"""Tickets for consoles."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compute", "0004_without_patterns")]

    operations = [
        migrations.CreateModel(
            name="ConsoleTicket",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("server", models.CharField(max_length=36)),
                ("token", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
