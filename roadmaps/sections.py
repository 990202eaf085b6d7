"""Sections: headings on a roadmap's route."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.model_fields import LineField
from roadmaps.slugs import MAX_SLUG_LENGTH, validate_slug


class Section(models.Model):
    """A heading over neighbouring steps. `position` puts sections in the order of their
    steps.
    """

    SNAPSHOT_FIELDS = ["slug", "title"]
    COLUMNS = [*SNAPSHOT_FIELDS, "position"]

    roadmap = models.ForeignKey(
        "roadmaps.Roadmap",
        models.CASCADE,
        related_name="sections",
        verbose_name=_("roadmap"),
        db_index=False,  # the unique constraint starts with it
    )
    slug = models.CharField(
        _("slug"),
        max_length=MAX_SLUG_LENGTH,
        validators=[validate_slug],
        help_text=_("Used in the address of the section's place on the page."),
    )
    title = LineField(_("title"), max_length=120)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "slug"],
                name="section_slug_unique_in_roadmap",
                violation_error_message=_(
                    "This roadmap already has a section with this slug."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.title
