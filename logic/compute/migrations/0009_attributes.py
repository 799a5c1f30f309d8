"""Tags, locks, hostnames and access addresses of servers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0008_other_flavor"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="access_ip_v4",
            field=models.CharField(blank=True, db_default="", default="", max_length=39),
        ),
        migrations.AddField(
            model_name="server",
            name="access_ip_v6",
            field=models.CharField(blank=True, db_default="", default="", max_length=39),
        ),
        migrations.AddField(
            model_name="server",
            name="hostname",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="server",
            name="locked_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            model_name="server",
            name="locked_reason",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="server",
            name="tags",
            field=models.TextField(blank=True, null=True),
        ),
    ]
