"""The editors' page on how learners fare, under the same strict CSP."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from progress.models import StepProgress
from progress.route import State
from tests.factories import UserFactory


@pytest.fixture
def editor(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def path(backend):
    """The page, of a roadmap on which sixty people came as far as they would."""
    begun = timezone.now() - timedelta(days=400)
    steps = list(backend.steps.all())
    marks = []
    for person, user in enumerate(UserFactory.create_batch(60)):
        length = [3, 7, 7, 12, 23][person % 5]
        for number, step in enumerate(steps[:length]):
            at = begun + timedelta(days=number * (1 + person % 9))
            skips = (person + number) % 6 == 0
            mark = StepProgress(user=user, step=step, started_at=at)
            mark.state = State.SKIPPED if skips else State.DONE
            mark.done_at = None if skips else at
            marks.append(mark)
    StepProgress.objects.bulk_create(marks)
    return f"/admin/roadmaps/roadmap/{backend.pk}/insight/"


def test_an_editor_comes_by_the_list_and_by_the_roadmap(open_page, path, editor):
    page = open_page("/admin/roadmaps/roadmap/", editor)
    page.get_by_role("link", name="Insight", exact=True).click()
    expect(page.get_by_role("heading", name="How learners fare")).to_be_visible()
    page.get_by_label("Breadcrumbs").get_by_role("link", name="Backend").click()
    page.get_by_role("link", name="Insight", exact=True).click()
    expect(page.get_by_text("60 learners have marked a step.")).to_be_visible()


def test_a_picture_with_a_table_behind_it(open_page, path, editor):
    page = open_page(path, editor, java_script_enabled=False)
    expect(page.get_by_role("img", name="How many learners reached")).to_be_visible()
    row = page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="1 Internet Fundamentals")
    )
    expect(row.get_by_role("cell").first).to_have_text("60")


def test_axe_finds_nothing(open_page, path, editor, axe):
    axe(open_page(path, editor))


def test_a_phone_scrolls_the_picture_and_the_table_only(open_page, path, editor):
    page = open_page(path, editor, viewport={"width": 360, "height": 800})
    expect(page.get_by_role("table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
