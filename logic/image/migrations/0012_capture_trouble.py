"""Why the content of a disk was refused."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("image", "0011_whose_capture")]

    operations = [
        migrations.AddField(
            model_name="capture",
            name="trouble",
            field=models.CharField(blank=True, db_default="", default="", max_length=1024),
        ),
    ]
