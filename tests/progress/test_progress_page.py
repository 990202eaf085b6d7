"""GET /progress/"""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from editing import step_operations
from progress.activity import ActivityChart, get_first_day
from progress.equivalent_steps import attach_equivalents
from progress.models import Completion, StepProgress
from progress.notes import MAX_SEARCH_WORDS, Note
from progress.route import State
from progress.snapshot import get_route
from progress.views import NOTES_PER_PAGE
from roadmaps.models import Step
from tests.factories import (
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
)
from tests.html import decode

PATH = "/progress/"
HTMX = {"HX-Request": "true"}
SEARCH = {**HTMX, "HX-Target": "div#notes_found"}


def days_ago(days):
    """Noon of that day."""
    noon = timezone.now().replace(hour=12, minute=0, microsecond=0)
    return noon - timedelta(days=days)


@pytest.fixture
def html(signed_in):
    """Returns a function that gets the page, or one section of it by its heading.

    White space is collapsed, as browsers do.
    """

    def html(heading=None, query="", **kwargs):
        response = signed_in.get(f"{PATH}{query}", **kwargs)
        page = " ".join(decode(response).replace("&nbsp;", " ").split())
        if not heading:
            return page
        sections = re.findall("<section.*?</section>", page, re.DOTALL)
        return next(part for part in sections if f">{heading}</h2>" in part)

    return html


@pytest.fixture
def complete(user):
    """Returns a function that makes a roadmap which `user` has completed."""

    def complete(done_at, steps=1, **kwargs):
        roadmap = RoadmapFactory(**kwargs)
        old = done_at - timedelta(days=1)
        for step in StepFactory.create_batch(steps, roadmap=roadmap, added_at=old):
            StepProgressFactory(user=user, step=step, started_at=done_at)
        Completion.objects.create(user=user, roadmap=roadmap, completed_at=done_at)
        return roadmap

    return complete


class TestVisitor:
    def test_is_taken_to_sign_in_and_back(self, client, db):
        response = client.get(f"{PATH}?q=cache")
        assert response.url == "/accounts/login/?next=/progress/%3Fq%3Dcache"

    def test_is_taken_there_after_signing_out_in_another_tab(self, client, db):
        assert client.get(PATH, headers=HTMX)["HX-Refresh"] == "true"

    def test_gets_no_link_to_it(self, client, db):
        assert PATH not in client.get("/").content.decode()


class TestPage:
    def test_is_not_cached(self, signed_in):
        assert signed_in.get(PATH)["Cache-Control"] == "no-store"

    def test_a_post_is_405(self, signed_in):
        assert signed_in.post(PATH).status_code == 405

    def test_the_header_links_it(self, signed_in):
        page = signed_in.get("/").content.decode()
        assert f'href="{PATH}"' in page

    def test_shows_nothing_of_others(self, html):
        row = StepProgressFactory(step__title="Theirs")
        NoteFactory(user=row.user, step=row.step, text="Secret")
        page = html()
        assert "Theirs" not in page
        assert "Secret" not in page
        assert "Choose a roadmap and mark its first step done." in page


class TestEmptyPage:
    def test_leads_to_the_roadmaps(self, html):
        page = html()
        assert "Choose a roadmap and mark its first step done." in page
        assert '<a class="button" href="/">Choose a roadmap</a>' in page
        assert "<h2" not in page
        assert "<form id" not in page

    def test_without_a_done_step_the_page_says_how_to_get_one(self, html, user):
        StepProgressFactory(user=user, state=State.LEARNING)
        assert "Mark a step done to see it here." in html("Recently completed")

    def test_a_part_without_contents_has_no_heading(self, html, user):
        StepProgressFactory(user=user, state=State.LEARNING)
        headings = re.findall(r"<h2.*?>(.*?)</h2>", html())
        assert headings == ["In progress", "Recently completed"]

    def test_nothing_in_progress_leads_to_the_roadmaps(self, html, complete):
        complete(days_ago(1))
        page = html()
        assert "You have no roadmaps in progress." in page
        assert '<a href="/">Choose a roadmap</a>' in page
        assert ">In progress</h2>" not in page

    def test_a_note_alone_fills_the_page(self, html, user):
        NoteFactory(user=user)
        page = html()
        assert "mark its first step done" not in page
        assert "Mark a step done to see it here." not in page


class TestInProgress:
    def test_shows_the_progress_bar_the_total_and_the_next_step(
        self, html, backend, user
    ):
        for step in backend.steps.all()[:8]:
            state = "skipped" if step.slug == "caching" else "done"
            StepProgressFactory(user=user, step=step, state=state)
        part = html("In progress")
        assert '<a href="/roadmaps/backend-developer/">' in part
        assert part.count('class="segment') == 23
        assert "<b>7 of 14</b> required" in part
        assert "1 skipped" in part
        assert 'href="/roadmaps/backend-developer/hashing-algorithms/"' in part
        assert "Continue: Hashing Algorithms" in part

    def test_starts_with_the_roadmap_marked_last(self, html, user):
        for title, days in (("Older", 5), ("Newer", 2), ("Oldest", 9)):
            step = StepFactory(roadmap__title=title)
            StepProgressFactory(user=user, step=step, started_at=days_ago(days))
        part = html("In progress")
        assert re.findall(r">(\w+)</a>\s*</h3>", part) == ["Newer", "Older", "Oldest"]

    def test_leaves_out_completed_roadmaps(self, html, complete):
        complete(days_ago(1), title="Finished")
        assert ">In progress</h2>" not in html()

    def test_keeps_a_hidden_roadmap_and_links_it_for_staff_only(self, html, user):
        hidden = StepFactory(roadmap__title="Hiding", roadmap__is_published=False)
        StepProgressFactory(user=user, step=hidden, state=State.LEARNING)
        part = html("In progress")
        assert "Hiding" in part
        assert "Hidden for now" in part
        assert "<b>0 of 1</b> required" in part
        assert "href" not in part
        user.is_staff = True
        user.save()
        assert "Hiding</a>" in html("In progress")


class TestRecentlyDone:
    def test_lists_the_last_ten_steps_newest_first(self, html, user):
        for days in range(12, 0, -1):
            step = StepFactory(title=f"Ago{days}")
            StepProgressFactory(user=user, step=step, started_at=days_ago(days))
        part = html("Recently completed")
        assert re.findall(r"Ago(\d+)</a>", part) == [str(n) for n in range(1, 11)]

    def test_links_the_step_and_gives_the_date(self, html, user):
        step = StepFactory(title="Caching")
        at = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)
        StepProgressFactory(user=user, step=step, started_at=at)
        part = html("Recently completed")
        assert f'<a href="{step.get_absolute_url()}">Caching</a>' in part
        assert step.roadmap.title in part
        assert ">3 May 2026</time>" in part

    @pytest.mark.parametrize("state", ["learning", "skipped"])
    def test_lists_only_done_steps(self, html, user, state):
        StepProgressFactory(user=user, state=state, step__title="Caching")
        assert "Caching" not in html("Recently completed")

    def test_links_only_steps_that_the_person_can_open(self, html, user):
        for change in (
            {"is_retired": True},
            {"roadmap__is_published": False},
            {"roadmap__visibility": "groups"},
        ):
            StepProgressFactory(user=user, step=StepFactory(**change, title="Gone"))
        part = html("Recently completed")
        assert part.count("Gone") == 3
        assert "Gone</a>" not in part
        assert part.count("No longer in this roadmap") == 1
        assert part.count("Hidden for now") == 2


class TestActivity:
    def test_has_a_dot_and_a_row_for_each_day_with_done_steps(self, html, user):
        for days in (0, 3, 3, 90):
            StepProgressFactory(user=user, started_at=days_ago(days))
        part = html("Activity")
        since = date_format(get_first_day(days_ago(0).date()), "DATE_FORMAT")
        assert part.count("<circle cx") == 3
        assert f"4 steps done since {since}. 3 active days." in part
        rows = re.findall(r'datetime="(.*?)">.*?</th> <td>(\d)', part)
        assert rows == [
            (days_ago(days).date().isoformat(), count)
            for days, count in ((0, "1"), (3, "2"), (90, "1"))
        ]

    def test_uses_the_days_of_the_persons_time_zone(self, html, signed_in, user):
        late = days_ago(10).replace(hour=23, minute=30)
        StepProgressFactory(user=user, started_at=late)
        assert f'datetime="{late:%Y-%m-%d}"' in html("Activity")
        signed_in.cookies["time_zone"] = "Pacific/Auckland"
        part = html("Activity")
        assert f'datetime="{late + timedelta(days=1):%Y-%m-%d}"' in part
        assert part.count("<circle cx") == 1

    def test_starts_at_midnight_in_the_time_zone(self, user):
        first = date(2026, 5, 4)
        before = datetime(2026, 5, 3, 11, 59, tzinfo=UTC)  # 23:59 in Auckland
        for at in (before, before + timedelta(minutes=1)):
            StepProgressFactory(user=user, started_at=at)
        with timezone.override("Pacific/Auckland"):
            counted = StepProgress.objects.done_by_day(user, first)
        assert counted == {first: 1}

    def test_ends_after_a_year(self, html, user):
        StepProgressFactory(user=user, started_at=days_ago(380))
        assert "Days when you complete steps appear here." in html("Activity")

    def test_is_one_image_with_a_name_and_no_inline_style(self, html, user):
        StepProgressFactory(user=user)
        part = html("Activity")
        assert 'role="img" aria-labelledby="activity_title"' in part
        assert "1 active day." in part
        assert "style=" not in part


class TestActivityWithCopiedDates:
    """The number of steps done stays, whatever editors do to the steps."""

    @pytest.fixture
    def steps(self, user, cooking):
        """Two steps that the person did, one after the other."""
        steps = list(cooking.steps.all()[:2])
        for step in steps:
            StepProgress.objects.mark(user, step.pk, State.DONE)
        return steps

    def test_a_split_step_counts_once(self, html, steps):
        first = steps[0]
        for slug in ("one", "two"):
            step_operations.split(first, Step(slug=slug, title=slug, summary=slug))
        assert StepProgress.objects.count() == 4
        assert "2 steps done since" in html("Activity")

    def test_a_merged_step_counts_once(self, html, steps, cooking):
        first = steps[0]
        third, fourth = cooking.steps.all()[2:4]
        step_operations.merge(first, third)
        step_operations.merge(third, fourth)
        assert StepProgress.objects.count() == 4
        assert "2 steps done since" in html("Activity")

    def test_the_same_step_of_two_roadmaps_counts_once(self, html, user, steps):
        other = StepFactory(same_as=f"cooking/{steps[0].slug}")
        route = get_route(other.roadmap.slug, user)[1]
        attach_equivalents(route.steps, user)
        offer = route.get(other.pk).equivalent.undo_offer
        StepProgress.objects.mark(user, other.pk, State.DONE, offer)
        assert StepProgress.objects.count() == 3
        assert "2 steps done since" in html("Activity")

    def test_equal_times_from_a_file_count_each(self, html, user, cooking):
        for step in cooking.steps.all():
            StepProgressFactory(user=user, step=step, started_at=days_ago(1))
        assert "4 steps done since" in html("Activity")


class TestActivityChart:
    MONDAY, SUNDAY = date(2026, 5, 4), date(2026, 5, 10)

    @pytest.mark.parametrize("today", [MONDAY, SUNDAY, date(2028, 2, 29)])
    def test_it_has_53_weeks_from_a_monday_until_today(self, today):
        activity = ActivityChart({}, today)
        assert activity.since.weekday() == 0
        assert activity.inactive_days[-1].date == today
        assert len({day.x for day in activity.inactive_days}) == 53

    def test_weeks_are_columns_and_days_rows(self):
        activity = ActivityChart({self.MONDAY: 1, self.SUNDAY: 1}, self.SUNDAY)
        monday, sunday = activity.active_days
        assert monday.x == sunday.x
        assert monday.y < sunday.y < activity.height

    def test_more_steps_make_a_larger_dot(self):
        first = get_first_day(self.SUNDAY)
        counts = {first + timedelta(days=n): n for n in range(1, 8)}
        radii = [day.radius for day in ActivityChart(counts, self.SUNDAY).active_days]
        assert radii == sorted(radii)
        assert len(set(radii)) == 4

    def test_months_are_labelled_at_their_first_day(self):
        months = [day.month for _, day in ActivityChart({}, self.SUNDAY).months]
        assert months == [6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5]


class TestCompleted:
    def test_lists_roadmaps_by_date_newest_first(self, html, complete):
        complete(datetime(2026, 5, 3, 12, tzinfo=UTC), title="First")
        complete(datetime(2026, 6, 7, 12, tzinfo=UTC), title="Second")
        part = html("Completed roadmaps")
        assert re.findall(r">(\w+)</a>", part) == ["Second", "First"]
        assert re.findall(r"> ([^<]+) </time>", part) == ["7 June 2026", "3 May 2026"]
        assert "added since" not in part

    @pytest.mark.parametrize(("added", "words"), [(1, "1 step"), (2, "2 steps")])
    def test_counts_the_steps_added_since(self, html, complete, added, words):
        StepFactory.create_batch(added, roadmap=complete(days_ago(9)))
        assert f"{words} added since" in html("Completed roadmaps")

    def test_keeps_a_roadmap_that_is_no_longer_published(self, html, complete):
        complete(days_ago(9), title="Gone", is_published=False)
        part = html("Completed roadmaps")
        assert "Gone" in part
        assert "Gone</a>" not in part


class TestNotes:
    def test_are_listed_newest_first_with_their_steps(self, html, user):
        for days, text in ((2, "Read **it**"), (1, "# Keys")):
            step = StepFactory(title=f"Ago{days}")
            NoteFactory(user=user, step=step, text=text, saved_at=days_ago(days))
        part = html("Notes")
        assert re.findall(r"Ago(\d)</a>\s*</h3>", part) == ["1", "2"]
        assert "<p>Read <strong>it</strong></p>" in part
        assert "<h4>Keys</h4>" in part
        assert "> 2 notes <" in part

    @pytest.mark.parametrize("text", ["*Vary* & co. " * 50, "*Vary* & co.\n" * 9])
    def test_are_folded_when_they_are_long(self, html, user, text):
        NoteFactory(user=user, text="Short\n" * 8)
        NoteFactory(user=user, text=text)
        part = html("Notes")
        assert part.count("<summary>Show the whole note</summary>") == 1
        excerpt = re.search(r'<p class="excerpt">(.*?)</p>', part)[1]
        assert excerpt.startswith("Vary &amp; co. Vary &amp; co. ")
        assert part.index("<em>Vary</em>") > part.index("<details>")

    def test_a_search_shows_long_notes_unfolded(self, html, user):
        NoteFactory(user=user, text="Vary " * 200)
        assert "<details>" not in html("Notes", "?q=vary")

    def test_on_retired_steps_are_listed(self, html, user):
        NoteFactory(user=user, step__is_retired=True, step__title="Gone", text="Keep")
        part = html("Notes")
        assert "Keep" in part
        assert "Gone</a>" not in part

    @pytest.mark.parametrize(
        "query", ["rfc", "RFC+9111", "9111+rfc", "caching", "backend+caching+read"]
    )
    def test_are_found_by_all_words_of_the_search(self, html, backend, user, query):
        step = backend.steps.get(slug="caching")
        NoteFactory(user=user, step=step, text="Read RFC 9111")
        NoteFactory(user=user, text="Something else")
        part = html("Notes", f"?q={query}")
        assert "Read RFC 9111" in part
        assert "Something else" not in part
        assert f"1 result for “{query.replace('+', ' ')}”" in part
        assert f'value="{query.replace("+", " ")}"' in part

    def test_a_search_without_results_says_so(self, html, user):
        NoteFactory(user=user)
        part = html("Notes", "?q=rust")
        assert "No results for “rust”" in part
        assert f'href="{PATH}#notes">Show all notes' in part

    @pytest.mark.parametrize(
        "query", ["?q=%25", "?q='", "?q=" + "a+" * 2000, "?page=x", "?page=9"]
    )
    def test_an_odd_search_or_page_works(self, html, user, query):
        NoteFactory(user=user)
        assert "note" in html("Notes", query)

    def test_a_search_of_many_words_uses_the_first_ten(self, html, user):
        NoteFactory(user=user, text="0 1 2 3 4 5 6 7 8 9")
        words = "+".join(map(str, range(10)))
        with CaptureQueriesContext(connection) as queries:
            assert "1 result for" in html("Notes", f"?q={words}+{words}+missing")
        searches = [query["sql"].count(" LIKE ") for query in queries]
        assert max(searches) == 3 * MAX_SEARCH_WORDS

    def test_the_search_is_shown_as_text(self, html, user):
        NoteFactory(user=user)
        assert "<script>alert" not in html("Notes", "?q=<script>alert(1)</script>")

    def test_pages_keep_the_search(self, html, user):
        for step in StepFactory.create_batch(NOTES_PER_PAGE + 3):
            NoteFactory(user=user, step=step)
        part = html("Notes", "?q=rfc")
        assert "23 results for “rfc”" in part
        assert f"Showing 1 to {NOTES_PER_PAGE} of 23" in part
        assert f'href="{PATH}?q=rfc&amp;page=2#notes"' in part
        assert "Newer notes" not in part
        last = html("Notes", "?q=rfc&page=2")
        assert last.count("<h3>") == 3
        assert f'href="{PATH}?q=rfc&amp;page=1#notes"' in last


class TestHtmx:
    def test_a_search_returns_the_list_and_the_count(self, html, user):
        NoteFactory(user=user)
        part = html(query="?q=rfc", headers=SEARCH)
        assert re.findall('hx-target="(.*?)"', part) == ["#notes_found", "#notes_count"]
        assert "1 result for “rfc”" in part

    def test_a_refresh_returns_everything_that_can_have_changed(self, html, user):
        NoteFactory(user=user)
        part = html(headers=HTMX)
        assert "<html" not in part
        targets = re.findall('<hx-partial hx-target="(.*?)"', part)
        assert targets == ["#progress_parts", "#progress_notes"]

    def test_a_search_takes_four_queries(self, signed_in, user, assert_max_queries):
        NoteFactory(user=user)
        with assert_max_queries(4):
            signed_in.get(f"{PATH}?q=rfc", headers=SEARCH)


@pytest.mark.parametrize(("roadmaps", "steps"), [(1, 3), (12, 60)])
def test_the_number_of_queries_does_not_grow(
    signed_in, user, assert_max_queries, roadmaps, steps
):
    made = RoadmapFactory.create_batch(roadmaps)
    Step.objects.bulk_create(
        StepFactory.build(roadmap=roadmap, position=position)
        for roadmap in made
        for position in range(steps)
    )
    half = Step.objects.order_by("position", "roadmap")[: roadmaps * steps // 2]
    StepProgress.objects.bulk_create(
        StepProgressFactory.build(user=user, step=step) for step in half
    )
    notes = [NoteFactory.build(user=user, step=step) for step in half]
    for note in notes:
        note.render()
    Note.objects.bulk_create(notes)
    for roadmap in made[::2]:
        Completion.objects.create(user=user, roadmap=roadmap, completed_at=days_ago(0))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or queries are planned for empty tables
    with assert_max_queries(10):
        assert signed_in.get(PATH).status_code == 200


def test_a_visitor_takes_no_query(client, db, assert_max_queries):
    with assert_max_queries(0):
        client.get(PATH)
