"""Tickets for consoles."""

from django.db import migrations, models

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
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
        DropPatternIndexes(),
    ]
