"""No index for patterns of blobs, members and tasks either."""

from django.db import migrations

from logic.migrating import DropPatternIndexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("image", "0003_blobs")]

    operations = [DropPatternIndexes()]
