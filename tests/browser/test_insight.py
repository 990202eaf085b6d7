"""The editors' statistics of a roadmap, under the same strict CSP."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from progress.models import StepProgress
from progress.route import State
from tests.factories import UserFactory


@pytest.fixture
def sixty_learners(backend):
    """Sixty people who got different distances along the roadmap."""
    start = timezone.now() - timedelta(days=400)
    steps = list(backend.steps.all())
    rows = []
    for person, user in enumerate(UserFactory.create_batch(60)):
        length = [3, 7, 7, 12, 23][person % 5]
        for number, step in enumerate(steps[:length]):
            at = start + timedelta(days=number * (1 + person % 9))
            is_skipped = (person + number) % 6 == 0
            row = StepProgress(user=user, step=step, started_at=at)
            row.state = State.SKIPPED if is_skipped else State.DONE
            row.done_at = None if is_skipped else at
            rows.append(row)
    StepProgress.objects.bulk_create(rows)


@pytest.mark.usefixtures("sixty_learners")
def test_an_editor_sees_a_chart_and_a_table(open_page, editor, axe):
    page = open_page("/admin/roadmaps/roadmap/", editor)
    page.get_by_role("link", name="Statistics", exact=True).click()
    expect(page.get_by_role("heading", name="Learner statistics")).to_be_visible()
    page.get_by_label("Breadcrumbs").get_by_role("link", name="Backend").click()
    page.get_by_role("link", name="Learner statistics").click()
    expect(page.get_by_text("60 learners have marked a step.")).to_be_visible()
    expect(page.get_by_role("img", name="How many learners reached")).to_be_visible()
    row = page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="1 Internet Fundamentals")
    )
    expect(row.get_by_role("cell").first).to_have_text("60")
    axe(page)
    page.set_viewport_size({"width": 360, "height": 800})
    expect(page.get_by_role("table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
