"""Roadmaps, their steps and the steps' resources: the content that editors write."""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record

from accounts.models import User
from core.model_fields import LineField, WebAddressField
from core.text import validate_text
from roadmaps.emoji import validate_emoji
from roadmaps.full_text import (
    GeneratedSearchVectorField,
    html_to_text,
    weighted_vector,
)
from roadmaps.markdown import MAX_LENGTH, to_html, validate_markdown
from roadmaps.synonyms import (  # noqa: F401, Django loads models from here
    IndexedWord,
    Synonym,
)
from roadmaps.versions import (
    MAX_REASON_LENGTH,
    RoadmapVersion,
    StepVersion,
    VersionedQuerySet,
    add_related_snapshot,
    validate_slug_is_new,
)

SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
validate_slug = RegexValidator(
    rf"^{SLUG}\Z",
    _("Use lower-case letters and digits, with single hyphens between them."),
)
validate_step_path = RegexValidator(
    rf"^{SLUG}/{SLUG}\Z",
    _("Use the slugs of a roadmap and one of its steps, such as cooking/fry."),
)

MAX_BODY_LENGTH = MAX_LENGTH  # characters; PostgreSQL can index 1 MB of words


class RoadmapQuerySet(VersionedQuerySet["Roadmap"]):
    def related_snapshot(self, ids: Collection[int]) -> dict[int, dict[str, list[Any]]]:
        orders: dict[int, dict[str, list[Any]]] = {}
        steps = Step.objects.filter(roadmap__in=ids)
        for roadmap, slug in steps.values_list("roadmap", "slug"):
            orders.setdefault(roadmap, {"order": []})["order"].append(slug)
        return orders

    def published(self) -> "RoadmapQuerySet":
        return self.filter(is_published=True)

    def visible(self, to_staff: bool) -> "RoadmapQuerySet":
        """The published roadmaps; drafts as well for staff."""
        return self if to_staff else self.published()

    def get_last_place(self) -> int:
        """Return the position that puts a new roadmap behind all others."""
        return (self.aggregate(last=Max("position"))["last"] or 0) + 1

    def known_as(self, slug: str) -> "RoadmapQuerySet":
        """The roadmap that has this slug now or had it before."""
        versions = Roadmap.history.filter(slug=slug).values("id")
        return self.filter(Q(slug=slug) | Q(pk__in=versions))

    def matching(self, text: str) -> "RoadmapQuerySet":
        """The roadmaps with every word of the text in their title, summary or category.

        Words after the tenth are ignored.
        """
        roadmaps = self
        for word in text.split()[:10]:
            roadmaps = roadmaps.filter(
                Q(title__icontains=word)
                | Q(summary__icontains=word)
                | Q(category__icontains=word)
            )
        return roadmaps

    def with_step_count(self) -> "RoadmapQuerySet":
        """Annotate `step_count`, the number of active steps."""
        # A join would multiply the rows that other annotations count.
        steps = Step.objects.active().filter(roadmap=OuterRef("pk")).order_by()
        counts = steps.values("roadmap").annotate(count=Count("*")).values("count")
        return self.annotate(step_count=Coalesce(Subquery(counts), 0))


class Roadmap(models.Model):
    slug = models.CharField(
        _("slug"),
        max_length=80,
        unique=True,
        validators=[validate_slug],
        help_text=_("Used in the URL. If you change it, old links still work."),
    )
    title = LineField(_("title"), max_length=120)
    category = LineField(_("category"), max_length=80)
    icon = models.CharField(
        _("icon"),
        max_length=16,
        validators=[validate_emoji],
        help_text=_("An emoji."),
    )
    summary = LineField(_("summary"), max_length=300)
    position = models.PositiveIntegerField(
        _("position"),
        default=0,
        help_text=_("Roadmaps are listed in this order, lowest first."),
    )
    is_published = models.BooleanField(
        _("published"),
        default=False,
        help_text=_("Only staff can see a draft."),
    )
    # Database triggers renew it on every change to the roadmap or one of its steps.
    content_version = models.UUIDField(db_default=RandomUUID(), editable=False)
    search_vector = GeneratedSearchVectorField(
        weighted_vector("title", "A"),
        weighted_vector("summary", "B"),
        weighted_vector("category", "C"),
    )

    objects = RoadmapQuerySet.as_manager()
    history = HistoricalRecords(
        bases=[RoadmapVersion],
        excluded_fields=["content_version", "search_vector"],
        history_id_field=models.BigAutoField(),
    )

    class Meta:
        verbose_name = _("roadmap")
        verbose_name_plural = _("roadmaps")
        ordering = ["position", "pk"]
        indexes = [GinIndex("search_vector", name="roadmap_words")]
        permissions = [("publish_roadmap", "Can publish and hide roadmaps")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("roadmaps:roadmap", args=[self.slug])

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        if "slug" not in (exclude or ()):
            validate_slug_is_new(self.slug, Roadmap.objects.exclude(pk=self.pk))

    def reorder_steps(self, ids: Sequence[int]) -> None:
        """Put the steps in the order of `ids`, and write only those that moved.

        The caller records the roadmap's new version. Raises ValidationError unless
        `ids` has the primary key of each of this roadmap's steps exactly once.
        """
        with transaction.atomic():
            own = (
                self.steps.defer_large_fields()
                .order_by("pk")
                .select_for_update(no_key=True)
            )
            steps = {step.pk: step for step in own}
            if sorted(ids) != sorted(steps):
                raise ValidationError(_("These are not the steps of this roadmap."))
            moved = []
            for position, pk in enumerate(ids, start=1):
                if steps[pk].position != position:
                    steps[pk].position = position
                    moved.append(steps[pk])
            Step.objects.bulk_update(moved, ["position"])


RESOURCE_FIELDS = ["title", "url", "kind"]  # in a step's version, of each resource
LARGE_FIELDS = ["body", "body_html", "search_vector", "search_vector_with_body"]


class StepQuerySet(VersionedQuerySet["Step"]):
    def related_snapshot(self, ids: Collection[int]) -> dict[int, dict[str, list[Any]]]:
        resources: dict[int, dict[str, list[Any]]] = {}
        rows = Resource.objects.filter(step__in=ids).values("step", *RESOURCE_FIELDS)
        for row in rows:
            snapshot = resources.setdefault(row.pop("step"), {"resources": []})
            snapshot["resources"].append(row)
        return resources

    def defer_large_fields(self) -> "StepQuerySet":
        """Leave out bodies, which only a step's own page shows, and search vectors."""
        return self.defer(*LARGE_FIELDS)

    def active(self) -> "StepQuerySet":
        return self.filter(is_retired=False)

    def published(self) -> "StepQuerySet":
        """Return the steps that everybody may open."""
        return self.active().filter(roadmap__is_published=True)


class Step(models.Model):
    id = models.AutoField(primary_key=True)  # four bytes: it is in every progress row
    roadmap = models.ForeignKey(
        Roadmap, models.CASCADE, related_name="steps", verbose_name=_("roadmap")
    )
    slug = models.CharField(
        _("slug"),
        max_length=80,
        validators=[validate_slug],
        help_text=_("Permanent ID used in the URL."),
    )
    # Not unique, so that the admin can swap two steps. The primary key breaks ties.
    position = models.PositiveIntegerField(_("position"))
    title = LineField(_("title"), max_length=120)
    summary = LineField(_("summary"), max_length=300)
    body = models.TextField(
        _("body"),
        blank=True,
        validators=[
            MaxLengthValidator(MAX_BODY_LENGTH),
            validate_text,
            validate_markdown,
        ],
        help_text=_("What to learn, in Markdown."),
    )
    body_html = models.TextField(blank=True, editable=False)
    is_optional = models.BooleanField(_("optional"), default=False)
    same_as = models.CharField(
        _("same as"),
        max_length=161,
        blank=True,
        validators=[validate_step_path],
        help_text=_(
            "A step of another roadmap that teaches the same thing, such as "
            "cooking/fry. Learners who have done one are invited to mark the "
            "other done, too."
        ),
    )
    is_retired = models.BooleanField(
        _("retired"),
        default=False,
        help_text=_("No longer part of the roadmap. Learners who did it still see it."),
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    revised_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the step’s meaning last changed."),
    )
    # Small, so that ranking thousands of steps takes a few ms.
    search_vector = GeneratedSearchVectorField(
        weighted_vector("title", "A"), weighted_vector("summary", "B")
    )
    search_vector_with_body = GeneratedSearchVectorField(
        weighted_vector("title", "A"),
        weighted_vector("summary", "B"),
        weighted_vector(html_to_text("body_html"), "C"),
    )

    objects = StepQuerySet.as_manager()
    # The position is in the roadmap's versions.
    history = HistoricalRecords(
        bases=[StepVersion],
        excluded_fields=[
            "position",
            "body_html",
            "search_vector",
            "search_vector_with_body",
        ],
        history_id_field=models.BigAutoField(),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position", "pk"]
        indexes = [
            GinIndex("search_vector", name="step_words"),
            GinIndex("search_vector_with_body", name="step_all_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "slug"],
                name="step_slug_unique_in_roadmap",
                violation_error_message=_(
                    "This roadmap already has a step with this slug."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render_body()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("roadmaps:step", args=[self.roadmap.slug, self.slug])

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        if "slug" not in (exclude or ()):
            others = Step.objects.filter(roadmap=self.roadmap_id).exclude(pk=self.pk)
            validate_slug_is_new(self.slug, others)

    def save_with_reason(self, reason: str, user: User | None = None) -> None:
        """Save, and record the reason in the version, as `record` does.

        `user` defaults to the current request's.
        """
        self._change_reason = reason[:MAX_REASON_LENGTH]
        if user:
            self._history_user = user
        self.save()

    def render_body(self) -> None:
        """Set `body_html`. `save()` calls this; code that writes in bulk must too."""
        self.body_html = to_html(self.body)

    @property
    def roadmap_slug(self) -> str:
        return self.roadmap.slug

    @property
    def canonical_path(self) -> str:
        """Return the path that this step shares with all steps that teach the same."""
        return self.same_as or f"{self.roadmap.slug}/{self.slug}"

    def get_row_url(self) -> str:
        """Return the address of the step's row on the page of its roadmap."""
        return f"{self.roadmap.get_absolute_url()}#{self.slug}"


class Resource(models.Model):
    class Kind(models.TextChoices):
        DOCS = "docs", _("documentation")
        ARTICLE = "article", _("article")
        BOOK = "book", _("book")
        COURSE = "course", _("course")
        VIDEO = "video", _("video")
        PRACTICE = "practice", _("practice")

    step = models.ForeignKey(
        Step, models.CASCADE, related_name="resources", verbose_name=_("step")
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    title = LineField(_("title"), max_length=200)
    url = WebAddressField(_("URL"), max_length=500)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    search_vector = GeneratedSearchVectorField(weighted_vector("title", "C"))

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering = ["position", "pk"]
        indexes = [GinIndex("search_vector", name="resource_words")]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "url"],
                name="resource_url_unique_in_step",
                violation_error_message=_("This step already has this URL."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def host(self) -> str:
        """The host name of the linked site, without a leading "www."."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")


for content in (Roadmap, Step):
    pre_create_historical_record.connect(
        add_related_snapshot, sender=content.history.model
    )
