"""No page shows one person's data to another, whatever somebody adds to a template.

The tests add the user's email address to every template of Cairn, fragments included.
They fail if anything that is cached could show more than what its key says.
"""

import re

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.template.loaders import filesystem
from django.test import Client
from django.utils import timezone

from core import fragments
from tests.factories import StepProgressFactory, TopicFactory, UserFactory
from tests.progress.test_mark import HTMX
from tests.routes import list_paths

EMAIL = "[{{ user.email }}{{ request.user.email }}]"
# A template that extends another shows only its blocks.
START_OF_BLOCK = re.compile(r"{% (?:block|partialdef) .*?%}")
FRAGMENTS = {
    path.name for path in django_settings.BASE_DIR.glob("templates/fragments/*")
}

loaded = set()


class Loader(filesystem.Loader):
    """Loads Cairn's own templates, with the email address added."""

    def get_contents(self, origin):
        loaded.add(origin.template_name)
        text = super().get_contents(origin)
        return START_OF_BLOCK.sub(lambda match: match[0] + EMAIL, text) + EMAIL


@pytest.fixture(autouse=True)
def email_in_every_template(settings):
    [backend] = settings.TEMPLATES
    loaders = [
        f"{__name__}.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    cached = [("django.template.loaders.cached.Loader", loaders)]
    options = backend["OPTIONS"] | {"loaders": cached}
    settings.TEMPLATES = [backend | {"APP_DIRS": False, "OPTIONS": options}]
    settings.CACHE_MIDDLEWARE_SECONDS = 1
    caches["visitor_pages"].clear()
    fragments.clear_fragments()
    yield
    caches["visitor_pages"].clear()
    fragments.clear_fragments()


@pytest.fixture
def people(backend):
    """Clients by email address. The empty address is a visitor's."""
    TopicFactory(step=backend.steps.first())
    backend.steps.update(hours_min=4, hours_max=6)
    clients = {"": Client()}
    for name, is_staff in (("ada", False), ("bob", True)):
        user = UserFactory(email=f"{name}@example.com", is_staff=is_staff)
        for step in backend.steps.all()[:3]:
            StepProgressFactory(user=user, step=step)
        user.completions.create(roadmap=backend, completed_at=timezone.now())
        StepProgressFactory(user=user)  # on a roadmap in progress
        clients[user.email] = Client()
        clients[user.email].force_login(user)
    return clients


def emails_in(response):
    text = b"".join(response).decode("utf-8", "ignore")
    return set(re.findall(r"\w+@example\.com", text))


def test_nobody_gets_a_page_with_the_address_of_another(people, backend):
    step = backend.steps.first()
    paths = list_paths(slug=step.slug, roadmap_slug=backend.slug, step_id=step.pk)
    paths += ["/roadmaps/backend-developer/", "/no-such-page/", "/search/?q=caching"]
    visitor, ada, bob = people
    pages_with_email = 0
    for path in paths:
        if path.endswith((".png", "/logout/")):
            continue
        for headers in ({}, {"HX-Request": "true"}):
            # Everybody could get what any other has left in a cache.
            for email in (ada, bob, visitor, ada):
                response = people[email].get(path, headers=headers)
                shown = emails_in(response)
                assert shown <= {email}, path
                is_public = "public" in response.get("Cache-Control", "")
                assert not (shown and is_public), path
                pages_with_email += bool(shown)
    assert pages_with_email > 100
    assert {f"fragments/{name}" for name in FRAGMENTS} <= loaded


def test_nobody_gets_the_response_to_a_tick_with_the_address_of_another(
    people, backend
):
    del people[""]
    for step in backend.steps.all()[:5]:
        for state in ("done", "skipped"):
            for email, client in people.items():
                path = f"/progress/{step.pk}/{state}/"
                assert emails_in(client.post(path, headers=HTMX)) == {email}
