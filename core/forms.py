"""The renderer of all forms (`FORM_RENDERER`), and what their fields have in common."""

import json
from typing import Any

from django.forms import (
    BoundField,
    CharField,
    Textarea,
    TextInput,
    URLField,
    URLInput,
    Widget,
)
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from core.text import shows_nothing, validate_line
from core.web_address import validate_web_address

WRITTEN_BY_PEOPLE = (TextInput, Textarea, URLInput)


class CairnBoundField(BoundField):
    """Puts the cursor into the first field with an error.

    What people type is shown from right to left if its first letter is.
    """

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        if self.form.errors:
            fields = self.form.visible_fields()
            first_invalid = next((field.name for field in fields if field.errors), None)
            if self.name == first_invalid:
                attrs["autofocus"] = True
        if isinstance(widget or self.field.widget, WRITTEN_BY_PEOPLE):
            attrs.setdefault("dir", "auto")
        return attrs


class Renderer(TemplatesSetting):
    bound_field_class = CairnBoundField


class LineField(CharField):
    """One line of text that people read. Text that shows nothing counts as empty."""

    default_validators = [validate_line]

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        is_empty = isinstance(text, str) and shows_nothing(text)
        return self.empty_value if is_empty else text


class WebAddressField(URLField):
    default_validators = [validate_web_address]
    default_error_messages = {
        "invalid": _("Use a URL such as https://example.org/page.")
    }


class StrictJSONDecoder(json.JSONDecoder):
    """Reports everything that it cannot read as `JSONDecodeError`.

    Django's JSONField expects no other error. Python raises two more: `ValueError` for
    a number of over 4,300 digits and `RecursionError` for thousands of nested lists.
    """

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError("Not readable", s, 0) from error
