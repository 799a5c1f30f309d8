"""What is on a disk, and has not been read yet."""

from django.db import migrations, models

MODELS = ("volume", "snapshot", "backup")


class Migration(migrations.Migration):
    dependencies = [("volume", "0012_groups_without_patterns")]

    operations = [
        *(
            migrations.AddField(
                model_name=name, name="unread", field=models.BooleanField(db_default=False, default=False)
            )
            for name in MODELS
        ),
        *(
            migrations.AddField(
                model_name=name,
                name="trouble",
                field=models.CharField(blank=True, db_default="", default="", max_length=1024),
            )
            for name in MODELS[1:]
        ),
    ]
