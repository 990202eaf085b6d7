"""What searches of the shipped roadmaps find first."""

import html
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from editing.yaml_format.importer import import_roadmap
from editing.yaml_format.schema import read
from roadmaps.full_text import fold
from search.query import Query
from search.results import find_results

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shipped_roadmaps(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        for path in sorted(settings.BASE_DIR.glob("fixtures/*.yaml")):
            import_roadmap(read(path))
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        # Whole words in titles, summaries and bodies
        ("git", "Version Control Systems"),
        ("http", "Internet Fundamentals"),
        ("postgres", "Operating PostgreSQL"),
        ("PostgreSQL", "Operating PostgreSQL"),
        ("kubernetes", "Container Orchestration"),
        ("testing", "Testing"),
        ("react", "Component Frameworks"),
        ("message queue", "Message Brokers"),
        ("css grid", "Responsive Layout"),
        ("window functions", "Analytical SQL"),
        ("hashing passwords", "Hashing Algorithms"),
        ("real time", "Real-Time Communication"),
        ("ci/cd", "CI/CD"),
        ("backend", "Backend Developer Roadmap"),
        ("devops engineer", "DevOps Engineer Roadmap"),
        # Other forms and unfinished words
        ("caches", "Caching"),
        ("authentica", "Authentication"),
        ("observab", "Observability"),
        ("web perf", "Web Performance"),
        # Typos
        ("kubernetez", "Container Orchestration"),
        ("authentcation", "Authentication"),
        ("javascirpt", "JavaScript Fundamentals"),
        ("hashhing algorithms", "Hashing Algorithms"),
        # Short forms
        ("k8s", "Container Orchestration"),
        ("js", "JavaScript Fundamentals"),
        ("ts", "Static Typing with TypeScript"),
        ("db", "Advanced Database Concepts"),
        ("auth", "Authentication"),
        ("a11y", "Web Accessibility"),
        ("ci", "CI/CD"),
        # Spelling, accents and case
        ("containerisation", "Containerization"),
        ("CONTAINERIZATION", "Containerisation"),
        ("dimensional modeling", "Dimensional Modelling"),
        ("Cáching", "Caching"),
    ],
)
def test_the_first_result_is(shipped_roadmaps, text, title):
    first = find_results(Query(text), AnonymousUser()).found[0]
    assert fold(html.unescape(re.sub("<.*?>", "", first.title))) == fold(title)
