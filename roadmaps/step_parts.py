"""The parts of a step that are rows: topics, questions, outcomes and resources.

Their Markdown is converted to HTML when they are saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from core.model_fields import LineField, WebAddressField
from roadmaps.full_text import (
    GeneratedSearchVectorField,
    html_to_text,
    weighted_vector,
)
from roadmaps.markdown import markdown_validators, to_html
from roadmaps.slugs import MAX_SLUG_LENGTH, validate_slug
from roadmaps.visibility import is_public

MAX_PARTS = 100  # topics, questions or outcomes of a step
MAX_TOPIC_LENGTH = 1_000  # characters
MAX_QUESTION_LENGTH = 1_000
MAX_ANSWER_LENGTH = 5_000
MAX_OUTCOME_LENGTH = 300
MAX_PUBLISHER_LENGTH = 40

type Convert = Callable[[str], str]  # Markdown to HTML


class StepPart(models.Model):
    """A row of one step. `position` orders the rows of the same kind."""

    # What a version of the step has of each row.
    SNAPSHOT_FIELDS: ClassVar[list[str]]
    # Fields with Markdown. The HTML of `text` is in `text_html`.
    MARKDOWN_FIELDS: ClassVar[list[str]] = []

    step = models.ForeignKey(
        "roadmaps.Step",
        models.CASCADE,
        related_name="%(class)ss",
        verbose_name=_("step"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.render()
        super().save(*args, **kwargs)

    def render(self, convert: Convert = to_html) -> None:
        """Make the HTML. `save()` calls this; code that writes in bulk must too."""
        for name in self.MARKDOWN_FIELDS:
            setattr(self, f"{name}_html", convert(getattr(self, name)))


def get_host(url: str) -> str:
    """Return the host name of the linked site, without a leading "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def publisher_field() -> LineField:
    """Return a field for what to call the linked site."""
    return LineField(
        _("publisher"),
        max_length=MAX_PUBLISHER_LENGTH,
        blank=True,
        help_text=_(
            "Shown next to the link, for example MDN or RFC 9111. If it is empty, the "
            "host name is shown."
        ),
    )


class TopicQuerySet(models.QuerySet["Topic"]):
    def public(self) -> TopicQuerySet:
        """Return the topics that everybody may see."""
        active = self.filter(is_retired=False, step__is_retired=False)
        return active.filter(is_public("step__roadmap__"))


class Topic(StepPart):
    """A part of a step that can be ticked on its own. Editors retire it, and never
    delete one that somebody has ticked.
    """

    # The id lets a version be restored after the topic was renamed.
    SNAPSHOT_FIELDS = ["id", "slug", "title", "text", "url", "publisher", "is_retired"]
    MARKDOWN_FIELDS = ["text"]

    id = models.AutoField(primary_key=True)  # four bytes: it is in every check
    step = models.ForeignKey(
        "roadmaps.Step",
        models.CASCADE,
        related_name="topics",
        verbose_name=_("step"),
        db_index=False,  # the unique constraint starts with it
    )
    slug = models.CharField(
        _("slug"),
        max_length=MAX_SLUG_LENGTH,
        validators=[validate_slug],
        help_text=_("Permanent ID of the topic within its step."),
    )
    title = LineField(_("title"), max_length=120)
    text = models.TextField(
        _("text"),
        blank=True,
        validators=markdown_validators(MAX_TOPIC_LENGTH),
        help_text=_("One or two sentences that explain it, in Markdown."),
    )
    text_html = models.TextField(blank=True, editable=False)
    url = WebAddressField(_("URL"), max_length=500, blank=True)
    publisher = publisher_field()
    is_retired = models.BooleanField(
        _("retired"),
        default=False,
        help_text=_("No longer part of the step. Ticks are kept."),
    )
    search_vector = GeneratedSearchVectorField(
        weighted_vector("title", "B"), weighted_vector(html_to_text("text_html"), "C")
    )

    objects = TopicQuerySet.as_manager()

    class Meta(StepPart.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        indexes = [GinIndex("search_vector", name="topic_words")]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "slug"],
                name="topic_slug_unique_in_step",
                violation_error_message=_(
                    "This step already has a topic with this slug."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the topic's place on the page of its step."""
        return f"{self.step.get_absolute_url()}#topic_{self.slug}"

    @property
    def host(self) -> str:
        return get_host(self.url)


class Question(StepPart):
    """A question with which learners check themselves, and its answer."""

    SNAPSHOT_FIELDS = ["question", "answer"]
    MARKDOWN_FIELDS = ["question", "answer"]

    question = models.TextField(
        _("question"),
        validators=markdown_validators(MAX_QUESTION_LENGTH),
        help_text=_("In Markdown."),
    )
    question_html = models.TextField(blank=True, editable=False)
    answer = models.TextField(
        _("answer"),
        validators=markdown_validators(MAX_ANSWER_LENGTH),
        help_text=_("In Markdown. It is hidden until a learner opens it."),
    )
    answer_html = models.TextField(blank=True, editable=False)
    search_vector = GeneratedSearchVectorField(
        weighted_vector(html_to_text("question_html"), "B"),
        weighted_vector(html_to_text("answer_html"), "C"),
    )

    class Meta(StepPart.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        indexes = [GinIndex("search_vector", name="question_words")]

    def __str__(self) -> str:
        return self.question


class DoneWhen(StepPart):
    """Something that a learner can do before marking the step as done."""

    SNAPSHOT_FIELDS = ["text"]
    MARKDOWN_FIELDS = ["text"]

    step = models.ForeignKey(
        "roadmaps.Step",
        models.CASCADE,
        related_name="done_when",
        verbose_name=_("step"),
    )
    text = LineField(
        _("done when you can"),
        max_length=MAX_OUTCOME_LENGTH,
        help_text=_("It continues the sentence “Mark it done when you can:”."),
    )
    text_html = models.TextField(blank=True, editable=False)
    search_vector = GeneratedSearchVectorField(
        weighted_vector(html_to_text("text_html"), "C")
    )

    class Meta(StepPart.Meta):
        verbose_name = verbose_name_plural = _("done when you can")
        indexes = [GinIndex("search_vector", name="outcome_words")]

    def __str__(self) -> str:
        return self.text


class Resource(StepPart):
    """A link of a step."""

    class Kind(models.TextChoices):
        DOCS = "docs", _("documentation")
        ARTICLE = "article", _("article")
        BOOK = "book", _("book")
        COURSE = "course", _("course")
        VIDEO = "video", _("video")
        PRACTICE = "practice", _("practice")

    class Role(models.TextChoices):
        START = "start", _("Start here")
        PRACTISE = "practise", _("Practise")
        REFERENCE = "reference", _("Look up")
        DEEPER = "deeper", _("Go deeper")

    SNAPSHOT_FIELDS = ["title", "url", "publisher", "kind", "role", "minutes"]

    title = LineField(_("title"), max_length=200)
    url = WebAddressField(_("URL"), max_length=500)
    publisher = publisher_field()
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    role = models.CharField(
        _("role"),
        max_length=9,
        choices=Role.choices,
        blank=True,
        help_text=_("The heading under which the step lists it."),
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        help_text=_("How long it takes to read, watch or do."),
    )
    search_vector = GeneratedSearchVectorField(weighted_vector("title", "C"))

    class Meta(StepPart.Meta):
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
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
        return get_host(self.url)


# By the name of the relation, of the key in a file and of the field in a version.
STEP_PARTS: dict[str, type[StepPart]] = {
    "topics": Topic,
    "questions": Question,
    "done_when": DoneWhen,
    "resources": Resource,
}


def read_part_snapshots(
    steps: models.QuerySet[Any],
) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """Return, by step id, the rows of every kind as a version has them. One query."""
    snapshots = {
        name: ArraySubquery(
            part._default_manager.filter(step=OuterRef("pk"))
            .order_by("position", "pk")
            .values(row=JSONObject(**{field: field for field in part.SNAPSHOT_FIELDS}))
        )
        for name, part in STEP_PARTS.items()
    }
    rows = steps.order_by().values_list("pk", *snapshots.values())
    return {pk: dict(zip(snapshots, parts, strict=True)) for pk, *parts in rows}


def replace_parts(
    name: str,
    rows: Mapping[int, Sequence[Mapping[str, Any]]],
    convert: Convert = to_html,
) -> None:
    """Replace all rows of one kind. `rows` are the new ones, by the ids of their steps.

    Not for topics: learners' ticks refer to them, so `save_topics` keeps their ids.
    """
    part = STEP_PARTS[name]
    part._default_manager.filter(step__in=rows).delete()
    new = [
        part(step_id=step_id, position=position, **row)
        for step_id, own in rows.items()
        for position, row in enumerate(own, start=1)
    ]
    for each in new:
        each.render(convert)
    part._default_manager.bulk_create(new)


def save_topics(
    rows: Mapping[int, Sequence[Mapping[str, Any]]], convert: Convert = to_html
) -> None:
    """Make the topics of steps match the rows, which are by the ids of the steps.

    A row with the `id` of a stored topic changes it; one without is a new topic. Topics
    without a row are retired and come last.
    """
    stored = {topic.pk: topic for topic in Topic.objects.filter(step__in=rows)}
    changed: list[Topic] = []
    added: list[Topic] = []
    for step_id, own in rows.items():
        for position, row in enumerate(own, start=1):
            topic = stored.pop(row.get("id") or 0, None)
            if topic:
                changed.append(topic)
            else:
                topic = Topic()
                added.append(topic)
            topic.step_id, topic.position = step_id, position
            for name in Topic.SNAPSHOT_FIELDS[1:]:
                setattr(topic, name, row[name])
            topic.render(convert)
    for topic in stored.values():
        topic.is_retired, topic.position = True, len(rows[topic.step_id]) + 1
    columns = [*Topic.SNAPSHOT_FIELDS[1:], "text_html", "position"]
    Topic.objects.bulk_update([*changed, *stored.values()], columns, batch_size=1_000)
    Topic.objects.bulk_create(added)
