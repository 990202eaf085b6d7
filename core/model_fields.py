"""Fields of models for text and addresses that people read."""

from typing import TYPE_CHECKING, Any

from django.db import models

from core import forms
from core.text import shows_nothing, validate_line
from core.web_address import validate_web_address

if TYPE_CHECKING:  # Django's fields have type parameters only for type checkers
    CharField = models.CharField[str, str]
    URLField = models.URLField[str, str]
else:
    CharField, URLField = models.CharField, models.URLField


class LineField(CharField):
    """One line of text. Text that shows nothing counts as empty."""

    default_validators = [validate_line]

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return "" if isinstance(text, str) and shows_nothing(text) else text

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.LineField} | kwargs)


class WebAddressField(URLField):
    default_validators = [validate_web_address]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.WebAddressField} | kwargs)
