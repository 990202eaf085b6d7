"""Inputs of the rows of a step. A long step has hundreds of them, so they are rendered
without a template: the page takes half the time.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString


class FastInput(forms.widgets.Input):
    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        own = {"type": widget["type"], "name": widget["name"]}
        if widget["value"] is not None:
            own["value"] = widget["value"]
        return format_html("<input{}>", flatatt(own | widget["attrs"]))


class FastTextInput(FastInput, forms.TextInput):
    pass


class FastURLInput(FastInput, forms.URLInput):
    pass


class FastNumberInput(FastInput, forms.NumberInput):
    pass


class HoursInput(forms.NumberInput):
    """Shows 4 hours as 4 and not as 4.0."""

    def format_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return super().format_value(value)


class FastHiddenInput(FastInput, forms.HiddenInput):
    pass


class FastCheckboxInput(FastInput, forms.CheckboxInput):
    pass


class FastTextarea(forms.Textarea):
    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        own = flatatt({"name": widget["name"]} | widget["attrs"])
        return format_html("<textarea{}>\r\n{}</textarea>", own, widget["value"] or "")
