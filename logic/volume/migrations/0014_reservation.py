"""A volume that is reserved, which is an attachment of its own, and for whom."""

from django.db import migrations, models

FIELDS = {"reservation": 36, "reserved_for": 36, "reserved_mode": 2}


class Migration(migrations.Migration):
    dependencies = [("volume", "0013_unread")]

    operations = [
        *(
            migrations.AddField(
                model_name="volume",
                name=name,
                field=models.CharField(blank=True, db_default="", default="", max_length=length),
            )
            for name, length in FIELDS.items()
        ),
        migrations.AddIndex(
            model_name="volume",
            index=models.Index(
                condition=models.Q(("reservation", ""), _negated=True),
                fields=["reservation"],
                name="volume_reservation",
            ),
        ),
    ]
