"""The form of the slugs of roadmaps, sections, steps and topics."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
MAX_SLUG_LENGTH = 80
validate_slug = RegexValidator(
    rf"^{SLUG}\Z",
    _("Use lower-case letters and digits, with single hyphens between them."),
)
validate_step_path = RegexValidator(
    rf"^{SLUG}/{SLUG}\Z",
    _("Use the slugs of a roadmap and one of its steps, such as cooking/fry."),
)
