"""The filter for the `datetime` attribute of a `time` element."""

from datetime import UTC, datetime

from django.template import Context, Template
from django.utils import timezone


def test_a_date_has_whole_seconds_and_the_offset_of_the_time_zone():
    date = datetime(2026, 5, 3, 22, 30, 5, 123456, tzinfo=UTC)
    template = Template("{% load dates %}{{ date|isoformat }}")
    with timezone.override("Europe/Berlin"):
        html = template.render(Context({"date": date}))
    assert html == "2026-05-04T00:30:05+02:00"
