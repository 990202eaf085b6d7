"""The renderer of all forms (`FORM_RENDERER`)."""

from typing import Any

from django.forms import BoundField, Widget
from django.forms.renderers import TemplatesSetting


class AutofocusBoundField(BoundField):
    """Puts the cursor into the first field with an error."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        invalid = [field.name for field in self.form.visible_fields() if field.errors]
        if invalid[:1] == [self.name]:
            attrs["autofocus"] = True
        return attrs


class Renderer(TemplatesSetting):
    bound_field_class = AutofocusBoundField
