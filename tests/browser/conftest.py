"""A real Chromium before a real server, with an eye on the console."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client

# Playwright keeps an event loop in this thread, which Django takes for a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
# What the browser says by itself, and htmx when offline, of a request that failed.
WORDS_ON_FAILED_REQUESTS = (
    "Failed to load resource",
    "TypeError: Failed to fetch",
    "htmx: htmx:error: Failed to fetch",
)


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
def open_page(browser, live_server, console):
    """A function that opens a page in a browser of its own, as somebody or nobody.

    `user` signs that person in; what else it takes are Playwright's own options of a
    context: `java_script_enabled`, `viewport`, `color_scheme`, …
    """
    contexts = []

    def open_(path, user=None, **options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        if user:
            client = Client()
            client.force_login(user)
            name = django_settings.SESSION_COOKIE_NAME
            context.add_cookies(
                [
                    {
                        "name": name,
                        "value": client.cookies[name].value,
                        "url": live_server.url,
                    }
                ]
            )
        page = context.new_page()
        page.on(
            "console",
            lambda m: m.type in ("error", "warning") and console.append(m.text),
        )
        page.on("pageerror", lambda error: console.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def axe():
    """Fail when axe finds anything on the page as it stands."""

    def check(page):
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()

    return check
