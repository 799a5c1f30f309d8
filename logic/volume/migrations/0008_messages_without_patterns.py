"""No index for patterns of messages, which nothing asks for."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("volume", "0007_messages")]

    operations = [DropPatternIndexes()]
