"""The inputs of a step's rows are those of Django."""

import pytest
from django import forms
from django.test.html import parse_html

from editing.admin import widgets


@pytest.mark.parametrize("value", [None, "", 0, 7, 'a "b" <c>', "two\nlines", True])
@pytest.mark.parametrize(
    "name",
    [
        *("TextInput", "URLInput", "NumberInput", "HiddenInput", "CheckboxInput"),
        "Textarea",
    ],
)
def test_they_are_rendered_as_djangos(name, value):
    attrs = {"class": "vTextField", "required": True, "autofocus": False}
    html = [
        widget(attrs).render("row-1-title", value, {"id": "id_title", "dir": "auto"})
        for widget in (getattr(widgets, f"Fast{name}"), getattr(forms, name))
    ]
    assert parse_html(html[0]) == parse_html(html[1])
