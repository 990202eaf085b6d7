"""How every form is rendered."""

from typing import Any

from django.forms import BoundField, Widget
from django.forms.renderers import TemplatesSetting


class FocusedOnError(BoundField):
    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        """Put the cursor into the first field that must be corrected."""
        attrs = super().build_widget_attrs(attrs, widget)
        wrong = [bound.name for bound in self.form.visible_fields() if bound.errors]
        if wrong[:1] == [self.name]:
            attrs["autofocus"] = True
        return attrs


class Renderer(TemplatesSetting):
    bound_field_class = FocusedOnError
