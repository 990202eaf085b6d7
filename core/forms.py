"""The renderer of all forms (`FORM_RENDERER`), and a decoder for fields with JSON."""

import json
from typing import Any

from django.forms import BoundField, Widget
from django.forms.renderers import TemplatesSetting


class AutofocusBoundField(BoundField):
    """Puts the cursor into the first field with an error."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        fields = self.form.visible_fields()
        first_invalid = next((field.name for field in fields if field.errors), None)
        if self.name == first_invalid:
            attrs["autofocus"] = True
        return attrs


class Renderer(TemplatesSetting):
    bound_field_class = AutofocusBoundField


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
