"""A real Chromium before a real server, with an eye on the console."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import expect

# Playwright keeps an event loop in this thread, which Django takes for a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Debian's package of the engine without a window is first: it takes half of the time.
BROWSERS = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
]
# What the browser says by itself, and htmx when offline, of a request that failed.
WORDS_ON_FAILED_REQUESTS = (
    "Failed to load resource",
    "htmx: htmx:error: Failed to fetch",
)
PATIENCE = 10_000  # milliseconds
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    installed = {"executable_path": found} if found else {}
    flags = ["--no-sandbox", "--disable-background-networking"]
    return {**browser_type_launch_args, **installed, "args": flags}


@pytest.fixture
def console(request):
    """Everything that pages complain of; must be empty at the end of each test, but
    for failed requests in a test that is marked `fails_requests`.
    """
    said = []
    yield said
    if request.node.get_closest_marker("fails_requests"):
        said = [text for text in said if not text.startswith(WORDS_ON_FAILED_REQUESTS)]
    assert said == []


@pytest.fixture
def open_page(live_server, browser, console):
    """A function that opens a page in a browser of its own, as somebody or nobody.

    `user` signs that person in; what else it takes are Playwright's own options of a
    context: `java_script_enabled`, `viewport`, `color_scheme`, …
    """
    contexts = []

    def heed(message):
        if message.type in ("error", "warning"):
            console.append(message.text)

    def open_(path, user=None, **options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("console", heed)
        context.on("weberror", lambda error: console.append(str(error.error)))
        if user:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


def session_cookie(user, url):
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


@pytest.fixture
def axe():
    """Fail when axe finds anything on the page as it stands, by day or by night:
    by night in its colours, which are all that differs. `but` names rules to leave out.
    """

    def check(page, but=()):
        look(page, "light", {"rules": {rule: {"enabled": False} for rule in but}})
        if "color-contrast" not in but:
            look(page, "dark", {"runOnly": ["color-contrast"]})

    def look(page, scheme, options):
        # Colours on their way to others have no contrast to measure.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished))")
        # Without a list of all that is right it takes a third of the time.
        only_wrong = {"resultTypes": ["violations"], "preload": False}
        results = Axe().run(page, options=only_wrong | options)
        assert results.violations_count == 0, results.generate_report()

    return check
