"""Cached fragments are pure functions: equal keys give equal bytes for every user."""

from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import product

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe

from core import fragments
from core.fragments import render_fragment
from progress.models import Completion
from roadmaps.models import Roadmap, Step
from tests.factories import StepProgressFactory, TopicFactory, UserFactory

FOLDER = django_settings.BASE_DIR / "templates/fragments"
PAGES = [
    "/",
    "/roadmaps/backend-developer/",
    "/roadmaps/backend-developer/caching/",
    "/progress/",
    "/accounts/settings/",
    "/no-such-page/",
]
STATES = ["done", "learning", "skipped"]


@pytest.fixture
def write_template(settings, tmp_path):
    """A function that writes a template and returns its name."""
    [backend] = settings.TEMPLATES
    settings.TEMPLATES = [backend | {"DIRS": [*backend["DIRS"], tmp_path]}]
    fragments.clear_fragments()

    def write(text):
        (tmp_path / "written.html").write_text(text)
        return "written.html"

    yield write
    fragments.clear_fragments()


@pytest.fixture
def clients(backend):
    """Clients of a visitor and two users, who differ in all that pages show."""
    TopicFactory(step=backend.steps.get(slug="caching"))
    backend.steps.update(hours_min=4, hours_max=6)
    ada = UserFactory(name="Ada", theme="dark", time_zone="Asia/Tokyo")
    bob = UserFactory(name="Bob", theme="light", is_staff=True)
    for number, step in enumerate(backend.steps.all()):
        done_at = datetime(2025 + number % 2, 5, 3, 20, tzinfo=UTC)
        StepProgressFactory(
            user=ada, step=step, state=STATES[number % 3], started_at=done_at
        )
        if number % 4:
            state = STATES[number % 2]
            StepProgressFactory(user=bob, step=step, state=state, started_at=done_at)
    Completion.objects.create(user=bob, roadmap=backend, completed_at=done_at)
    clients = [Client(), Client(), Client()]
    clients[1].force_login(ada)
    clients[2].force_login(bob)
    return clients


def test_equal_keys_give_equal_bytes_for_every_user(clients, monkeypatch):
    rendered = defaultdict(set)
    render = fragments._render.__wrapped__

    def record(*key, **arguments):
        html = render(*key, **arguments)
        rendered[(*key, *sorted(arguments.items()))].add(html)
        return html

    monkeypatch.setattr(fragments, "_render", record)
    for client, theme, language in product(clients, ["", "dark"], ["en-gb", "de"]):
        client.cookies["theme"] = theme
        with translation.override(language):
            for page in PAGES:
                client.get(page)
    assert {name for name, *_ in rendered} == {
        f"fragments/{path.name}" for path in FOLDER.iterdir()
    }
    assert all(len(outputs) == 1 for outputs in rendered.values())
    assert len({language for _, language, *_ in rendered}) == 2
    assert len({time_zone for _, _, time_zone, *_ in rendered}) >= 2


def test_a_template_cannot_reach_the_request_the_user_or_a_token(
    signed_in, write_template, rf
):
    name = write_template(
        "[{{ request }}{{ user }}{{ messages }}{{ perms }}{{ csrf_token }}"
        "{% csrf_token %}{{ theme }}{{ site_name }}{{ request_id }}]"
    )
    assert render_fragment(name) == "[]"


def test_no_fragment_mentions_the_request_the_user_or_a_token():
    for path in FOLDER.iterdir():
        source = path.read_text()
        for word in ("request", "user.", "csrf", "perms", "messages", "takes_context"):
            assert word not in source, path.name


def test_language_and_time_zone_are_part_of_the_key(write_template):
    name = write_template('{% now "e" %} {% now "l" %}')
    outputs = set()
    for language, zone in product(["en-gb", "de"], ["Asia/Tokyo", "Europe/Paris"]):
        with translation.override(language), timezone.override(zone):
            outputs.add((language, zone, render_fragment(name)))
    assert len({output.split()[0] for *_, output in outputs}) == 2
    before = fragments._render.cache_info().misses
    with translation.override("en-gb"), timezone.override("Asia/Tokyo"):
        render_fragment(name)
    assert fragments._render.cache_info().misses == before


def test_numbers_and_booleans_are_different_keys(write_template):
    name = write_template("{{ value }}")
    for value in (1, True, 0, False):
        assert render_fragment(name, value=value) == str(value)


@pytest.mark.parametrize(
    "value",
    [
        mark_safe("<b>"),  # equal to "<b>", which has to be escaped
        SimpleLazyObject(lambda: "lazy"),
        ["a", "list"],
        {"a": "dictionary"},
        Step(id=1),
        ("in a tuple", Roadmap(id=1)),
        object(),
    ],
    ids=["safe", "lazy", "list", "dict", "model", "tuple", "object"],
)
def test_it_accepts_only_plain_values(write_template, value):
    name = write_template("{{ value }}")
    with pytest.raises(TypeError):
        render_fragment(name, value=value)


def test_a_string_is_escaped(write_template):
    name = write_template("{{ value }} {{ on|date:'Y' }}")
    html = render_fragment(name, value="<b>", on=date(2026, 5, 3))
    assert html == "&lt;b&gt; 2026"


def test_the_cache_is_bounded():
    assert fragments._render.cache_info().maxsize == fragments.MAX_FRAGMENTS
