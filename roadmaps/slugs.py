"""The form of the slugs of roadmaps, sections, steps and topics."""

import re
from collections.abc import Collection
from itertools import chain, count

from django.core.validators import RegexValidator
from django.utils.text import slugify
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


def find_free_slug(title: str, taken: Collection[str], default: str) -> str:
    """Return a slug that is not taken, made from the title.

    `default` stands for a title without a letter or digit that slugs may have.
    """
    base = slugify(title)[: MAX_SLUG_LENGTH - 3].strip("-_").replace("_", "-")
    base = re.sub("-+", "-", base) or default
    slugs = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(slug for slug in slugs if slug not in taken)
