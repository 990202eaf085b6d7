import re
from copy import deepcopy

import pytest

from progress.models import StepProgress

STATES = re.compile(r'<li\s+id="([^"]+)"\s+class="step\b[^>]*data-state="([a-z]+)"')


@pytest.fixture
def plain(settings):
    """The addresses of the plain version."""
    templates = deepcopy(settings.TEMPLATES)
    folder = settings.BASE_DIR / "benchmarks/bench/plain/templates"
    templates[0]["DIRS"] = [folder, *templates[0]["DIRS"]]
    settings.TEMPLATES = templates

    def switch():
        settings.ROOT_URLCONF = "benchmarks.bench.plain.urls"

    return switch


def test_the_plain_page_has_the_same_rows_and_about_the_same_bytes(
    signed_in, user, backend, plain
):
    states = ["done", "learning", "skipped", "none"]
    for number, step in enumerate(backend.steps.all()):
        StepProgress.objects.mark(user, step.pk, states[number % 4])
    cairns = signed_in.get("/roadmaps/backend-developer/")
    plain()
    plains = signed_in.get("/roadmaps/backend-developer/")
    rows = STATES.findall(plains.content.decode())
    assert len(rows) == 23
    assert rows == STATES.findall(cairns.content.decode())
    assert 0.8 < len(plains.content) / len(cairns.content) < 1.25
