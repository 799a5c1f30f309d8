"""Indexes of lists hold what there is, not all there ever was; what is in flight, failed and gone has small ones of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0002_asked_for"),
        ("placement", "0003_restored"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("observed", "gone"), _negated=True),
                fields=["project", "-created_at", "-id"],
                name="server_living_in",
            ),
        ),
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("observed", "gone"), _negated=True),
                fields=["-created_at", "-id"],
                name="server_living",
            ),
        ),
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("observed", "gone")), fields=["-created_at", "-id"], name="server_gone"
            ),
        ),
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("verb", ""), _negated=True), fields=["verb", "project"], name="server_in_flight"
            ),
        ),
        migrations.AddIndex(
            model_name="server",
            index=models.Index(
                condition=models.Q(("mode", "failed")), fields=["mode", "project"], name="server_failed"
            ),
        ),
        migrations.RemoveIndex(
            model_name="server",
            name="server_by_project",
        ),
        migrations.RemoveIndex(
            model_name="server",
            name="server_by_age",
        ),
    ]
