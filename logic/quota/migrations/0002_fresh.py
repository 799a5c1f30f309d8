"""What is not folded yet stands together, whatever has been folded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quota", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delta",
            index=models.Index(fields=["folded", "project", "resource"], name="quota_delta_fresh"),
        ),
        migrations.RemoveIndex(
            model_name="delta",
            name="quota_delta_sum",
        ),
    ]
