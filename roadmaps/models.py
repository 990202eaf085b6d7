"""Roadmaps and their steps: the content that editors write."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONArray, JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record

from accounts.models import User
from core.model_fields import LineField
from core.text import validate_line
from roadmaps.emoji import validate_emoji
from roadmaps.full_text import (
    GeneratedSearchVectorField,
    html_to_text,
    join_html,
    weighted_vector,
)
from roadmaps.markdown import MAX_LENGTH, markdown_validators, to_html
from roadmaps.measured_effort import (  # noqa: F401, Django loads models from here
    MeasuredEffort,
)
from roadmaps.sections import Section
from roadmaps.slugs import MAX_SLUG_LENGTH, validate_slug, validate_step_path
from roadmaps.step_parts import (  # noqa: F401, some are for importers of this module
    Convert,
    DoneWhen,
    Question,
    Resource,
    Topic,
    read_part_snapshots,
)
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
from roadmaps.visibility import Visibility, is_public, may_see

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.utils.functional import _StrPromise as StrPromise

    TextField = models.TextField[str, str]
    DecimalField = models.DecimalField[Decimal | None, Decimal | None]

MAX_BODY_LENGTH = MAX_LENGTH  # characters; PostgreSQL can index 1 MB of words
MIN_HOURS, MAX_HOURS = Decimal("0.5"), Decimal(400)
MAX_NEEDS, MAX_HINTS, MAX_HINT_LENGTH = 20, 20, 500
# A version's `order` has this mark and a section's slug before the steps of that
# section, and the mark alone before steps that are in none.
HEADING_MARK = "#"


def format_order(pairs: Iterable[tuple[str, str | None]]) -> list[str]:
    """Return the `order` of a version from the slugs of each step and its section."""
    order = []
    heading: str | None = None
    for slug, section in pairs:
        if section != heading:
            order.append(f"{HEADING_MARK}{section or ''}")
            heading = section
        order.append(slug)
    return order


def read_order(order: Iterable[str]) -> list[tuple[str, str | None]]:
    """Return the slugs of each step and its section, as `format_order` takes them."""
    pairs = []
    heading: str | None = None
    for entry in order:
        if entry.startswith(HEADING_MARK):
            heading = entry.removeprefix(HEADING_MARK) or None
        else:
            pairs.append((entry, heading))
    return pairs


class RoadmapQuerySet(VersionedQuerySet["Roadmap"]):
    def related_snapshot(self, ids: Collection[int]) -> dict[int, dict[str, list[Any]]]:
        steps = Step.objects.filter(roadmap=OuterRef("pk")).order_by("position", "pk")
        pairs = steps.values(pair=JSONArray("slug", "section__slug"))
        sections = Section.objects.filter(roadmap=OuterRef("pk"))
        columns = {name: name for name in Section.SNAPSHOT_FIELDS}
        rows = sections.order_by("position", "pk").values(row=JSONObject(**columns))
        return {
            pk: {"order": format_order(order), "sections": own_sections}
            for pk, order, own_sections in self.model.objects.filter(pk__in=ids)
            .order_by()
            .values_list("pk", ArraySubquery(pairs), ArraySubquery(rows))
        }

    def public(self) -> "RoadmapQuerySet":
        """The published roadmaps that everybody may open."""
        return self.filter(is_public())

    def visible_to(self, user: "User | AnonymousUser") -> "RoadmapQuerySet":
        """The roadmaps that the person may open."""
        return self.filter(may_see(user))

    def assignable_by(self, user: "User") -> "RoadmapQuerySet":
        """The roadmaps that the person may assign to a group of theirs.

        Members of a group see its roadmaps. So only staff may assign what not everybody
        sees; otherwise a member could pass a company's own roadmap on to outsiders.
        """
        roadmaps = self.filter(is_published=True)
        if user.is_staff:
            return roadmaps
        return roadmaps.filter(visibility__in=[Visibility.PUBLIC, Visibility.SIGNED_IN])

    def with_is_hidden(self, user: "User | AnonymousUser") -> "RoadmapQuerySet":
        """Annotate `is_hidden`, whether the person may not open the roadmap."""
        columns = {"is_hidden": ~may_see(user)}
        return self.annotate(**columns)

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

    def with_hours(self) -> "RoadmapQuerySet":
        """Annotate `hours_min` and `hours_max`, the sums of the active steps; None
        unless each step has an estimate.
        """
        steps = Step.objects.active().filter(roadmap=OuterRef("pk")).order_by()
        known = steps.values("roadmap").annotate(
            missing=Count("*") - Count("hours_max")
        )
        known = known.filter(missing=0)
        sums = {
            name: Subquery(known.annotate(sum=Sum(name)).values("sum"))
            for name in ("hours_min", "hours_max")
        }
        return self.annotate(**sums)


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
    visibility = models.CharField(
        _("who can see it"),
        max_length=9,
        choices=Visibility,
        default=Visibility.PUBLIC,
        db_default=Visibility.PUBLIC,
        help_text=_("Applies once it is published. Staff can always see it."),
    )
    # Database triggers renew it on every change to the roadmap or one of its steps.
    content_version = models.UUIDField(db_default=RandomUUID(), editable=False)
    search_vector = GeneratedSearchVectorField(
        weighted_vector("title", "A"),
        weighted_vector("summary", "B"),
        weighted_vector("category", "C"),
    )

    is_hidden = False  # set by `with_is_hidden`

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
        constraints = [
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values),
                name="roadmap_visibility_known",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("roadmaps:roadmap", args=[self.slug])

    @property
    def is_public(self) -> bool:
        """Whether everybody may open it."""
        return self.is_published and self.visibility == Visibility.PUBLIC

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        if "slug" not in (exclude or ()):
            validate_slug_is_new(self.slug, Roadmap.objects.exclude(pk=self.pk))

    def save_sections(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Make the roadmap's sections match the rows, known by slug."""
        stored = {section.slug: section for section in self.sections.all()}
        sections = []
        for row in rows:
            section = stored.get(row["slug"]) or Section(slug=row["slug"])
            section.title = row["title"]
            sections.append(section)
        self.replace_sections(sections)

    def replace_sections(self, sections: Sequence[Section]) -> None:
        """Make these the roadmap's sections, in this order, writing only what changed.

        Steps whose section is not among them end up in none.
        """
        stored = {section.pk: section for section in self.sections.all()}
        gone = stored.keys() - {section.pk for section in sections}
        if gone:
            self.sections.filter(pk__in=gone).delete()
        added, changed, renamed = [], [], []
        for position, section in enumerate(sections, start=1):
            section.roadmap, section.position = self, position
            old = stored.get(section.pk)
            if old is None:
                added.append(section)
                continue
            if old.slug != section.slug:
                renamed.append(section.pk)
            if any(getattr(old, n) != getattr(section, n) for n in Section.COLUMNS):
                changed.append(section)
        if renamed:
            # Sections may swap slugs, but none may occur twice even for a moment.
            unique = Concat(Value(HEADING_MARK), Cast("pk", models.CharField()))
            self.sections.filter(pk__in=renamed).update(slug=unique)
        if changed:
            Section.objects.bulk_update(changed, Section.COLUMNS)
        Section.objects.bulk_create(added)

    def reorder_steps(
        self, ids: Sequence[int], sections: Mapping[int, int | None] | None = None
    ) -> None:
        """Put the steps in the order of `ids`, and write only those that moved.

        `sections` are the ids of sections by those of steps; by default, each step
        stays in its own. The caller keeps the steps of a section together, and records
        the roadmap's new version. Raises ValidationError unless `ids` has the primary
        key of each of this roadmap's steps exactly once.
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
                section = (sections or {}).get(pk, steps[pk].section_id)
                if (steps[pk].position, steps[pk].section_id) != (position, section):
                    steps[pk].position, steps[pk].section_id = position, section
                    moved.append(steps[pk])
            Step.objects.bulk_update(moved, ["position", "section"])


# The parts of a step's text, in Markdown.
TEXT_FIELDS = ["skip_if", "why", "primer", "body", "exercise", "stretch", "mistakes"]
SEARCH_VECTORS = ["search_vector", "full_search_vector"]
LARGE_FIELDS = [*TEXT_FIELDS, "hints", "html", *SEARCH_VECTORS]


class StepQuerySet(VersionedQuerySet["Step"]):
    def related_snapshot(self, ids: Collection[int]) -> dict[int, dict[str, list[Any]]]:
        return read_part_snapshots(Step.objects.filter(pk__in=ids))

    def defer_large_fields(self) -> "StepQuerySet":
        """Leave out texts, which only a step's own page shows, and search vectors."""
        return self.defer(*LARGE_FIELDS)

    def with_outline(self) -> "StepQuerySet":
        """Set what the route shows besides a step's own fields: its section,
        `active_topics` and `outcomes`.
        """
        topics = Topic.objects.filter(step=OuterRef("pk"), is_retired=False)
        topics = topics.order_by("position", "pk")
        outcomes = DoneWhen.objects.filter(step=OuterRef("pk"))
        outcomes = outcomes.order_by("position", "pk")
        columns = {
            "active_topics": topics.values(
                row=JSONObject(pk="pk", slug="slug", title="title")
            ),
            "outcomes": outcomes.values("text_html"),
        }
        return self.select_related("section").annotate(
            **{name: ArraySubquery(rows) for name, rows in columns.items()}
        )

    def active(self) -> "StepQuerySet":
        return self.filter(is_retired=False)

    def public(self) -> "StepQuerySet":
        """Return the steps that everybody may open."""
        return self.active().filter(is_public("roadmap__"))


def text_field(name: "StrPromise", help_text: "StrPromise") -> "TextField":
    """Return a field for a part of a step's text, in Markdown."""
    return models.TextField(
        name, blank=True, validators=markdown_validators(), help_text=help_text
    )


def hours_field(name: "StrPromise") -> "DecimalField":
    """Return a field for an estimate of a learner's effort."""
    return models.DecimalField(
        name,
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_HOURS), MaxValueValidator(MAX_HOURS)],
    )


class Step(models.Model):
    id = models.AutoField(primary_key=True)  # four bytes: it is in every progress row
    roadmap = models.ForeignKey(
        Roadmap, models.CASCADE, related_name="steps", verbose_name=_("roadmap")
    )
    slug = models.CharField(
        _("slug"),
        max_length=MAX_SLUG_LENGTH,
        validators=[validate_slug],
        help_text=_("Permanent ID used in the URL."),
    )
    # Not unique, so that the admin can swap two steps. The primary key breaks ties.
    position = models.PositiveIntegerField(_("position"))
    title = LineField(_("title"), max_length=120)
    summary = LineField(_("summary"), max_length=300)
    section = models.ForeignKey(
        Section,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="steps",
        verbose_name=_("section"),
    )
    hours_min = hours_field(_("hours, at least"))
    hours_max = hours_field(_("hours, at most"))
    needs = ArrayField(
        models.CharField(max_length=161, validators=[validate_step_path]),
        verbose_name=_("needs"),
        size=MAX_NEEDS,
        default=list,
        blank=True,
        help_text=_(
            "Steps to do before this one, each on its own line, such as cooking/boil. "
            "This is advice: learners can do the steps in any order."
        ),
    )
    checked_on = models.DateField(
        _("checked on"),
        null=True,
        blank=True,
        help_text=_("When somebody last did the step and found it correct."),
    )
    checked_with = LineField(
        _("checked with"),
        max_length=120,
        blank=True,
        help_text=_("The versions it was checked with, for example PostgreSQL 18."),
    )
    skip_if = text_field(_("skip if"), _("Who can skip this step, in Markdown."))
    why = text_field(_("why it matters"), _("In Markdown."))
    primer = text_field(_("primer"), _("What to know before the topics, in Markdown."))
    body = text_field(
        _("body"),
        _("What to learn, in Markdown, for steps without the other texts."),
    )
    exercise = text_field(_("exercise"), _("In Markdown."))
    stretch = text_field(_("stretch"), _("More for those who want it, in Markdown."))
    hints = ArrayField(
        models.CharField(max_length=MAX_HINT_LENGTH, validators=[validate_line]),
        verbose_name=_("hints"),
        size=MAX_HINTS,
        default=list,
        blank=True,
        help_text=_("For the exercise, each on its own line, in Markdown."),
    )
    mistakes = text_field(_("common mistakes"), _("In Markdown."))
    # The HTML of each text that is not empty, by its name, and a list for the hints.
    html = models.JSONField(default=dict, blank=True, editable=False)
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
    full_search_vector = GeneratedSearchVectorField(
        weighted_vector("title", "A"),
        weighted_vector("summary", "B"),
        weighted_vector(html_to_text(join_html("html")), "C"),
    )

    # Set by `with_outline`: each topic's `pk`, `slug` and `title`, and the HTML of what
    # learners can do when the step is done.
    active_topics: Sequence[Mapping[str, Any]] = ()
    outcomes: Sequence[str] = ()

    objects = StepQuerySet.as_manager()
    # The position and the section are in the roadmap's versions.
    history = HistoricalRecords(
        bases=[StepVersion],
        excluded_fields=["position", "section", "html", *SEARCH_VECTORS],
        history_id_field=models.BigAutoField(),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["position", "pk"]
        indexes = [
            GinIndex("search_vector", name="step_words"),
            GinIndex("full_search_vector", name="step_all_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "slug"],
                name="step_slug_unique_in_roadmap",
                violation_error_message=_(
                    "This roadmap already has a step with this slug."
                ),
            ),
            models.CheckConstraint(
                condition=Q(hours_min__isnull=True, hours_max__isnull=True)
                | Q(
                    hours_min__isnull=False,
                    hours_max__isnull=False,
                    hours_min__gte=MIN_HOURS,
                    hours_max__gte=F("hours_min"),
                    hours_max__lte=MAX_HOURS,
                ),
                name="step_hours_are_a_range",
                violation_error_message=_(
                    "Fill in both numbers of hours, the smaller one first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render_texts()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("roadmaps:step", args=[self.roadmap.slug, self.slug])

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        if "slug" not in (exclude or ()):
            others = Step.objects.filter(roadmap=self.roadmap_id).exclude(pk=self.pk)
            validate_slug_is_new(self.slug, others)

    def clean(self) -> None:
        super().clean()
        if self.section and self.section.roadmap_id != self.roadmap_id:
            message = _("Choose a section of the same roadmap.")
            raise ValidationError({"section": message})

    def save_with_reason(self, reason: str, user: User | None = None) -> None:
        """Save, and record the reason in the version, as `record` does.

        `user` defaults to the current request's.
        """
        self._change_reason = reason[:MAX_REASON_LENGTH]
        if user:
            self._history_user = user
        self.save()

    def render_texts(self, convert: Convert = to_html) -> None:
        """Set `html`. `save()` calls this; code that writes in bulk must too."""
        texts = {name: getattr(self, name) for name in TEXT_FIELDS}
        self.html = {name: convert(text) for name, text in texts.items() if text}
        if self.hints:
            self.html["hints"] = [convert(hint) for hint in self.hints]

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


for content in (Roadmap, Step):
    pre_create_historical_record.connect(
        add_related_snapshot, sender=content.history.model
    )
