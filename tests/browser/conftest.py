"""A real Chromium in front of a real server. No test may leave a console error."""

import functools
import mimetypes
import os
import shutil

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings as django_settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import expect

from core.static_storage import bundle
from tests.factories import UserFactory

# Playwright runs an event loop in this thread, so Django refuses synchronous queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Debian's headless shell comes first: it needs half the time of the full browser.
BROWSERS = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
]
# Logged by the browser for each failed request, and by htmx when offline.
FAILED_REQUEST_MESSAGES = (
    "Failed to load resource",
    "htmx: htmx:error: Failed to fetch",
)
TIMEOUT = 10_000  # milliseconds
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    installed = {"executable_path": found} if found else {}
    flags = ["--no-sandbox", "--disable-background-networking"]
    return {**browser_type_launch_args, **installed, "args": flags}


@functools.cache
def bundled(name):
    files = {
        path: (storage, path)
        for finder in get_finders()
        for path, storage in finder.list(None)
    }
    return bundle(name, files)


@pytest.fixture(scope="session", autouse=True)
def static_files_as_in_production():
    """Serve bundles that a browser may cache: a page then needs few requests."""
    serve = StaticFilesHandler.serve

    def serve_bundle(handler, request):
        name = handler.file_path(request.path)
        if name.startswith(("css/", "editing/", "js/")):
            content_type, _ = mimetypes.guess_type(name)
            response = HttpResponse(bundled(name), content_type=content_type)
        else:
            response = serve(handler, request)
        response["Cache-Control"] = "max-age=3600"
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", serve_bundle)
        yield


@pytest.fixture(params=[True, False], ids=["js", "no js"])
def javascript(request):
    """Runs the test twice: with JavaScript on and off."""
    return request.param


@pytest.fixture
def editor(db):
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def console(request):
    """The errors and warnings of all pages, as a list that must stay empty.

    Tests marked `fails_requests` may cause messages about failed requests.
    """
    messages = []
    yield messages
    if request.node.get_closest_marker("fails_requests"):
        messages = [m for m in messages if not m.startswith(FAILED_REQUEST_MESSAGES)]
    assert messages == []


@pytest.fixture
def open_page(live_server, browser, console):
    """Returns a function that opens a page in a browser context of its own.

    `user` is the person who is signed in, if any. Other arguments are Playwright's
    options of a context: `java_script_enabled`, `viewport`, `color_scheme`, …
    """
    # live_server is the first argument, so it stops after the browser: it waits for
    # open connections.
    contexts = []

    def record(message):
        if message.type in ("error", "warning"):
            console.append(message.text)

    def open_(path, user=None, **options):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        context.on("console", record)
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
    """Returns a function that fails if axe finds a problem on the page as it is now.

    All rules run in the light scheme. The dark scheme differs only in its colours, so
    only the contrast is checked there. `without` names rules to leave out.
    """

    def check(page, without=()):
        run(page, "light", {"rules": {rule: {"enabled": False} for rule in without}})
        if "color-contrast" not in without:
            run(page, "dark", {"runOnly": ["color-contrast"]})

    def run(page, scheme, options):
        # The contrast of colours in transition cannot be measured.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished))")
        # Leaving out the list of all passed checks saves two thirds of the time.
        only_violations = {"resultTypes": ["violations"], "preload": False}
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        run_axe = "options => axe.run(options)"
        results = AxeResults(page.evaluate(run_axe, only_violations | options))
        report = f"{page.url}, {scheme}: {results.generate_report()}"
        assert results.violations_count == 0, report

    return check
