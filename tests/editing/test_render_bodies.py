"""manage.py render_bodies"""

from django.core.management import call_command

from roadmaps.models import Step
from tests.factories import StepFactory


def test_it_converts_only_bodies_whose_html_changes(db, capsys):
    old, current = StepFactory.create_batch(2, body="*Hot*")
    Step.objects.filter(pk=old.pk).update(html={"body": "<p>Hot</p>"})
    current.roadmap.refresh_from_db()
    version = current.roadmap.content_version
    call_command("render_bodies")
    assert capsys.readouterr().out == "Steps with new HTML: 1\n"
    old.refresh_from_db()
    current.roadmap.refresh_from_db()
    assert old.html["body"] == "<p><em>Hot</em></p>\n"
    assert current.roadmap.content_version == version
    assert old.history.count() == 1
