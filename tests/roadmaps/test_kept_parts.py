"""Parts of a page that were written once are what would be written anew."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from progress.models import StepProgress
from progress.route import State
from progress.templatetags import keep
from roadmaps.models import Resource, Step
from tests.factories import (
    NoteFactory,
    StepFactory,
    StepProgressFactory,
    UserFactory,
)
from tests.progress.test_mark import HTMX, SAME_ORIGIN, address

PAGE = "/roadmaps/backend-developer/"
STEP = f"{PAGE}caching/"
MAY = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)
RANDOM = re.compile('name="(csrfmiddlewaretoken|page)" value="[^"]+"')


@pytest.fixture(autouse=True)
def written(monkeypatch):
    """What the parts that were written anew are kept by."""
    written = []
    get = keep.Kept.get

    def watched(kept, look, context):
        if look not in kept.parts:
            written.append(look)
        return get(kept, look, context)

    monkeypatch.setattr(keep.Kept, "get", watched)
    return written


@pytest.fixture(autouse=True)
def same_second(monkeypatch):
    """A clock that stands for what is signed: offers on a page say when."""
    monkeypatch.setattr(signing.TimestampSigner, "timestamp", lambda _: "0")


def read(client, path=PAGE, **headers):
    return RANDOM.sub("", client.get(path, **headers).text)


def read_anew(client, path=PAGE, **headers):
    """The page, as it is where nothing is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            keep.Kept, "render", lambda kept, _, context: kept.nodelist.render(context)
        )
        return read(client, path, **headers)


def mark_all(user, roadmap):
    """Every third step in one of the three states."""
    for step, state in zip(roadmap.steps.all(), State.values[1:] * 8, strict=False):
        StepProgress.objects.mark(user, step.pk, state)


def complete(user, roadmap):
    for step in roadmap.steps.all():
        StepProgress.objects.mark(user, step.pk, State.DONE)


def retire(user, roadmap):
    complete(user, roadmap)
    roadmap.steps.filter(slug="authentication").update(is_retired=True)


def make_long(_, roadmap):
    StepFactory.create_batch(50, roadmap=roadmap)


def add_news(user, roadmap):
    mark_all(user, roadmap)
    StepFactory(roadmap=roadmap)
    roadmap.steps.filter(slug="caching").update(revised_at=timezone.now())


def make_draft(user, roadmap):
    user.is_staff = True
    user.save()
    roadmap.is_published = False
    roadmap.save()


def prefer_dark(user, _):
    user.theme = "dark"
    user.save()


def tick_a_twin(user, roadmap):
    twin = StepFactory(same_as="backend-developer/caching")
    StepProgressFactory(user=user, step=twin, started_at=MAY)


STORIES = [mark_all, complete, retire, make_long, add_news, make_draft, prefer_dark]
STORIES += [tick_a_twin]


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?show=required", STEP])
@pytest.mark.parametrize("story", STORIES)
def test_a_page_is_the_same_bytes_kept_or_not(signed_in, user, backend, story, path):
    read(signed_in, path)  # what it is like before
    story(user, backend)
    first = read(signed_in, path)
    assert first == read(signed_in, path) == read_anew(signed_in, path)


@pytest.mark.parametrize("path", [PAGE, STEP])
class TestTheFrame:
    def test_a_visitors_is_another_after_that_of_somebody_signed_in(
        self, signed_in, backend, path
    ):
        own = read(signed_in, path)
        visitors = read(Client(), path)
        assert visitors == read_anew(Client(), path)
        assert own == read(signed_in, path) != visitors

    def test_each_host_and_theme_has_its_own(self, backend, settings, path):
        settings.ALLOWED_HOSTS = ["a.example.com", "b.example.com"]
        for host in settings.ALLOWED_HOSTS:
            page = read(Client(), path, headers={"Host": host})
            assert f'href="http://{host}{path}"' in page
            assert page == read_anew(Client(), path, headers={"Host": host})
        client = Client(headers={"Host": "a.example.com"})
        for theme in ("dark", "light"):
            client.cookies["theme"] = theme
            assert f'data-theme="{theme}"' in read(client, path)

    def test_the_second_page_writes_nothing(
        self, signed_in, user, backend, written, path
    ):
        mark_all(user, backend)
        read(signed_in, path)
        written.clear()
        read(signed_in, path)
        assert written == []

    def test_those_who_stand_alike_share_it(self, signed_in, backend, written, path):
        read(signed_in, path)
        written.clear()
        other = Client()
        other.force_login(UserFactory())
        read(other, path)
        assert written == []


def test_each_step_has_its_own(signed_in, backend):
    pages = {
        step: read(signed_in, step.get_absolute_url()) for step in backend.steps.all()
    }
    for step, page in pages.items():
        assert page == read_anew(signed_in, step.get_absolute_url())
    assert len(set(pages.values())) == 23


@pytest.mark.parametrize(
    ("of", "change"),
    [
        ("caching", {"title": "Renamed"}),
        ("caching", {"body_html": "<p>Said anew.</p>"}),
        ("caching", {"is_optional": False}),
        ("web-security", {"title": "The next one"}),
    ],
)
def test_an_edit_shows_at_once_on_the_page_of_a_step(signed_in, backend, of, change):
    before = read(signed_in, STEP)
    assert backend.steps.filter(slug=of).update(**change) == 1
    after = read(signed_in, STEP)
    assert after != before
    assert after == read_anew(signed_in, STEP)


def test_so_does_one_of_its_resources(signed_in, backend):
    resource = backend.steps.get(slug="caching").resources.first()
    assert resource.title in read(signed_in, STEP)
    Resource.objects.filter(pk=resource.pk).update(title="As it is now")
    assert "As it is now" in read(signed_in, STEP)


def test_a_note_is_its_writers_alone(signed_in, user, backend):
    NoteFactory(user=user, step=backend.steps.get(slug="caching"), text="Mine.")
    other = Client()
    other.force_login(UserFactory())
    assert "Mine." in read(signed_in, STEP)
    assert "Mine." not in read(other, STEP)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Renamed"),
        ("summary", "Said anew"),
        ("slug", "renamed"),
        ("is_optional", True),
        ("added_at", MAY),
    ],
)
def test_an_edit_shows_at_once(signed_in, user, backend, field, value):
    StepProgressFactory(
        user=user, step=backend.steps.get(slug="caching"), started_at=MAY
    )
    Step.objects.update(added_at=MAY + timedelta(days=1))
    before = read(signed_in)
    Step.objects.filter(slug="internet-fundamentals").update(**{field: value})
    after = read(signed_in)
    assert after != before
    assert after == read_anew(signed_in)


def test_a_tick_shows_at_once(signed_in, backend):
    read(signed_in)
    step = backend.steps.get(slug="caching")
    answer = signed_in.post(address(step), headers=HTMX).text
    assert "Caching, step 7, done." in answer
    assert "Caching, step 7, done." in read(signed_in)


def test_the_day_is_that_of_the_time_zone(signed_in, user, backend):
    step = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=step, started_at=MAY)
    assert 'datetime="2026-05-03">3 May' in read(signed_in)
    signed_in.cookies["time_zone"] = "Europe/Berlin"
    assert 'datetime="2026-05-04">4 May' in read(signed_in)


def test_a_date_is_written_anew_in_another_year(
    signed_in, user, backend, monkeypatch, written
):
    step = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=step, started_at=MAY)
    read(signed_in)
    written.clear()
    localdate = timezone.localdate
    a_year = timedelta(days=366)
    monkeypatch.setattr(
        timezone,
        "localdate",
        lambda *said: localdate(*said) if said else localdate() + a_year,
    )
    read(signed_in)
    assert written == [("2026-05-03", str((localdate() + a_year).year))]


@pytest.mark.parametrize(("path", "at"), [(PAGE, {}), (STEP, {"at": "step"})])
def test_an_offer_to_one_person_is_never_kept(
    signed_in, user, backend, written, path, at
):
    step = backend.steps.get(slug="caching")
    StepProgressFactory(user=user, step=step, started_at=MAY)
    answer = signed_in.post(address(step, "none"), at, headers=SAME_ORIGIN)
    assert answer["Location"].startswith(path)
    read(signed_in, path)
    for _ in range(2):
        written.clear()
        assert "Put it back" in read(signed_in, answer["Location"])
    assert written == []
    assert "Put it back" not in read(signed_in, path)


def test_what_is_live_is_written_each_time_wherever_it_stands():
    template = Template(
        "{% load keep %}{% live %}{{ said }}{% endlive %}"
        "{% keep known %}({% live %}{{ said }}{% endlive %}, {{ said }},"
        " {% with said=0 %}{% live %}{{ said }}{% endlive %}{% endwith %}){% endkeep %}"
    )
    # The last has left what was around it: what the view said holds.
    assert template.render(Context({"known": 1, "said": "a"})) == "a(a, a, a)"
    assert template.render(Context({"known": 1, "said": "b"})) == "b(b, a, b)"


def test_a_message_shows_once_on_a_page_that_is_kept(signed_in, user, backend):
    read(signed_in)
    signed_in.post("/accounts/password/change/")  # something else of theirs
    session = signed_in.session
    session["_messages"] = '[["__json_message", 0, 25, "Something was done.", ""]]'
    session.save()
    assert "Something was done." in read(signed_in)
    assert "Something was done." not in read(signed_in)


def test_what_depends_on_something_unknown_is_written_anew():
    template = Template(
        "{% load keep %}{% keep known unknown %}{{ said }}{% endkeep %}"
    )
    for said in "ab":
        assert template.render(Context({"known": 1, "said": said})) == said


def test_parts_take_no_more_room_than_they_may(signed_in, backend, monkeypatch):
    monkeypatch.setattr(keep, "MOST_KEPT", 5000)
    assert read(signed_in) == read_anew(signed_in)
