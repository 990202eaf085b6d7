"""What a step's own page shows: its texts and the rows of its parts."""

import re
from html import unescape
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.formats import number_format
from django.utils.html import strip_tags

from roadmaps.measured_effort import Duration, round_duration
from roadmaps.models import Step
from roadmaps.step_parts import Question, Resource, Topic, get_host

MINUTES_AS_HOURS = 120  # from which on the page says hours
HEADING = re.compile("<h2>(.*?)</h2>", re.DOTALL)


# Plain values, because cached HTML has them as keys. Their fields are columns.
class TopicContent(NamedTuple):
    pk: int
    slug: str
    title: str
    text_html: str
    url: str
    publisher: str

    @property
    def host(self) -> str:
        return get_host(self.url)


class QuestionContent(NamedTuple):
    pk: int
    question_html: str
    answer_html: str


class ResourceContent(NamedTuple):
    title: str
    url: str
    publisher: str
    kind: str
    role: str
    minutes: int | None

    @property
    def kind_label(self) -> str:
        return str(Resource.Kind(self.kind).label) if self.kind else ""

    @property
    def host(self) -> str:
        return get_host(self.url)

    @property
    def hours(self) -> str:
        """The minutes as hours, to half an hour; empty for less than two hours."""
        if not self.minutes or self.minutes < MINUTES_AS_HOURS:
            return ""
        halves = (self.minutes + 15) // 30
        return number_format(halves / 2 if halves % 2 else halves // 2)


class ResourceGroup(NamedTuple):
    """The resources of a step that have the same role, or none."""

    role: str
    resources: tuple[ResourceContent, ...]

    @property
    def label(self) -> str:
        return str(Resource.Role(self.role).label) if self.role else ""


class Heading(NamedTuple):
    anchor: str  # the ID of the heading, to which a link leads
    title: str


class StepPageContent(NamedTuple):
    """It is cached and shared by everybody: never change it."""

    html: dict[str, Any]  # of each text, by its name; a list for the hints
    usual_days: int | None
    headings: list[Heading]  # of the primer and the body
    topics: list[TopicContent]  # without retired ones
    questions: list[QuestionContent]
    resource_groups: tuple[ResourceGroup, ...]

    @classmethod
    def read(cls, step_id: int) -> "StepPageContent":
        """Takes one query. Raises Step.DoesNotExist."""
        topics = Topic.objects.filter(is_retired=False)
        html, usual_days, topic_rows, question_rows, resource_rows = (
            Step.objects.values_list(
                "html",
                "measured_effort__days",
                rows_of_step(topics, TopicContent._fields),
                rows_of_step(Question.objects.all(), QuestionContent._fields),
                rows_of_step(Resource.objects.all(), ResourceContent._fields),
            )
            .order_by()
            .get(pk=step_id)
        )
        return cls.from_rows(
            html,
            [TopicContent(**row) for row in topic_rows],
            [QuestionContent(**row) for row in question_rows],
            [ResourceContent(**row) for row in resource_rows],
            usual_days,
        )

    @classmethod
    def from_rows(
        cls,
        html: dict[str, Any],
        topics: list[TopicContent],
        questions: list[QuestionContent],
        resources: list[ResourceContent],
        usual_days: int | None = None,
    ) -> "StepPageContent":
        headings: list[Heading] = []
        for name in ("primer", "body"):
            if name in html:
                html[name] = add_anchors(html[name], name, headings)
        groups = group_by_role(resources)
        return cls(html, usual_days, headings, topics, questions, groups)

    @property
    def has_parts(self) -> bool:
        """Whether there is more than a body and a plain list of resources."""
        has_roles = any(group.role for group in self.resource_groups)
        has_texts = bool(self.html.keys() - {"body"})
        return has_texts or has_roles or bool(self.topics or self.questions)

    @property
    def usual_time(self) -> Duration | None:
        """How long learners usually take, if enough of them have finished the step."""
        return None if self.usual_days is None else round_duration(self.usual_days)

    @property
    def has_exercise(self) -> bool:
        return not self.html.keys().isdisjoint({"exercise", "stretch", "hints"})


def rows_of_step(parts: QuerySet[Any], columns: tuple[str, ...]) -> ArraySubquery:
    """The parts of the step of the outer query in order, each as an object."""
    row = JSONObject(**{name: name for name in columns})
    parts = parts.filter(step=OuterRef("pk")).order_by("position", "pk")
    return ArraySubquery(parts.values(row=row))


def add_anchors(html: str, name: str, headings: list[Heading]) -> str:
    """Give the main headings of a text IDs, and add them to the list."""

    def add_anchor(match: re.Match[str]) -> str:
        anchor = f"{name}_{len(headings) + 1}"
        headings.append(Heading(anchor, unescape(strip_tags(match[1]))))
        return f'<h2 id="{anchor}">{match[1]}</h2>'

    return HEADING.sub(add_anchor, html)


def group_by_role(resources: list[ResourceContent]) -> tuple[ResourceGroup, ...]:
    """The groups in the order of the roles; resources without one come last."""
    groups = (
        ResourceGroup(role, tuple(each for each in resources if each.role == role))
        for role in [*Resource.Role.values, ""]
    )
    return tuple(group for group in groups if group.resources)
