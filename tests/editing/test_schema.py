"""docs/roadmap.schema.json and manage.py roadmap_schema"""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from jsonschema import Draft202012Validator

from editing.yaml_format.exporter import SCHEMA_COMMENT
from editing.yaml_format.parser import YamlDocument
from editing.yaml_format.schema import RoadmapFile, StepEntry

SCHEMA = settings.BASE_DIR / "docs/roadmap.schema.json"
FIXTURES = sorted(settings.BASE_DIR.glob("fixtures/*.yaml"))


def test_the_stored_schema_is_up_to_date():
    out = StringIO()
    call_command("roadmap_schema", stdout=out)
    assert SCHEMA.read_text() == out.getvalue(), "run: make schema"


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_fixtures_are_valid(path):
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.validate(YamlDocument(path.name, path.read_bytes()).read()[0])


def test_the_fixtures_name_the_schema():
    for path in FIXTURES:
        first_line = path.read_text().splitlines()[0]
        assert first_line == SCHEMA_COMMENT
        assert (path.parent / first_line.partition("$schema=")[2]).resolve() == SCHEMA


@pytest.mark.parametrize("model", [RoadmapFile, StepEntry])
def test_every_key_is_described(model):
    for name, field in model.model_fields.items():
        assert field.description, name


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("slug: internet-fundamentals", "slug: Internet"),
        ("title: Internet Fundamentals", "titel: Internet Fundamentals"),
        ("kind: article", "kind: song"),
        ("url: https:", "url: ftp:"),
        ("published: true", "published: perhaps"),
        ("position: 1", "position: -1"),
        ("category: Backend Development", 'category: " "'),
    ],
)
def test_the_schema_refuses_what_the_import_refuses(right, wrong):
    text = (settings.BASE_DIR / "fixtures/backend-developer.yaml").read_text()
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    value = YamlDocument("right", text.encode()).read()[0]
    assert validator.is_valid(value)
    assert right in text
    value = YamlDocument("wrong", text.replace(right, wrong, 1).encode()).read()[0]
    assert not validator.is_valid(value)
