"""What a step's own page shows: its texts and the rows of its parts."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from roadmaps.measured_effort import Duration, round_duration
from roadmaps.models import Step
from roadmaps.step_parts import Question, Resource, StepPart, Topic

COLUMNS: dict[type[StepPart], list[str]] = {
    Topic: ["id", "slug", "title", "text_html", "url"],
    Question: ["id", "question_html", "answer_html"],
    Resource: ["id", "title", "url", "kind", "role", "minutes"],
}


class StepContent(NamedTuple):
    html: dict[str, Any]  # of each text, by its name; a list for the hints
    usual_days: int | None
    topics: list[Topic]  # without retired ones
    questions: list[Question]
    resources: list[Resource]

    @classmethod
    def read(cls, step_id: int) -> "StepContent":
        """One query. Raises Step.DoesNotExist."""
        parts: dict[type[StepPart], QuerySet[Any]] = {
            part: part._default_manager.filter(step=OuterRef("pk")) for part in COLUMNS
        }
        parts[Topic] = parts[Topic].filter(is_retired=False)
        html, usual_days, *rows = (
            Step.objects.values_list(
                "html",
                "measured_effort__days",
                *(
                    ArraySubquery(
                        queryset.order_by("position", "pk").values(
                            row=JSONObject(**{name: name for name in COLUMNS[part]})
                        )
                    )
                    for part, queryset in parts.items()
                ),
            )
            .order_by()
            .get(pk=step_id)
        )
        topics, questions, resources = rows
        return cls(
            html,
            usual_days,
            [Topic(**row) for row in topics],
            [Question(**row) for row in questions],
            [Resource(**row) for row in resources],
        )

    @property
    def has_parts(self) -> bool:
        """Whether there is more than a body and a plain list of resources."""
        has_roles = any(resource.role for resource in self.resources)
        has_texts = bool(self.html.keys() - {"body"})
        return has_texts or has_roles or bool(self.topics or self.questions)

    @property
    def usual_time(self) -> Duration | None:
        """How long learners usually take, if enough of them have finished the step."""
        return None if self.usual_days is None else round_duration(self.usual_days)

    @property
    def resources_by_role(self) -> Iterator[tuple[str, list[Resource]]]:
        """The label of each role that has resources, and these; those without one come
        last.
        """
        for role in [*Resource.Role, ""]:
            resources = [each for each in self.resources if each.role == role]
            if resources:
                yield resources[0].get_role_display(), resources
