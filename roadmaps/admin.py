"""The editors' pages for roadmaps."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, BooleanField, ModelForm
from django.http import HttpRequest
from django.utils import timezone

from roadmaps.admin_insight import InsightPage
from roadmaps.models import Resource, Roadmap, Step


class StepFormSet(BaseInlineFormSet):
    def order(self) -> list[int]:
        """The ids of the roadmap's steps as the editor wants them. A place that was
        typed wins over the step that had it: moving up goes before it, moving down
        behind it. Steps that the form did not know of keep their place.
        """
        moves = {}
        for form in self.forms:
            if form.instance.pk and "position" in form.changed_data:
                before = form.initial.get("position", form.instance.position + 1)
                moves[form.instance.pk] = form.instance.position - before

        def place(step: Step) -> tuple[int, int, int]:
            move = moves.get(step.pk, 0)
            return step.position, (move > 0) - (move < 0), step.pk

        return [step.pk for step in sorted(self.instance.steps.all(), key=place)]


class StepRow(ModelForm):
    """A step among its roadmap's, where Django's own refusal to delete it would list
    each learner's mark.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["slug"].disabled = True

    def hand_clean_DELETE(self) -> None:  # noqa: N802, the admin's name
        if not self.cleaned_data.get("DELETE") or not self.instance.pk:
            return
        marks, notes = self.instance.progress.count(), self.instance.notes.count()
        if marks or notes:
            learners = f"{marks} learner{'' if marks == 1 else 's'} marked this step"
            raise ValidationError(
                f"{learners} and {notes} wrote a note on it, so it cannot be deleted. "
                "Tick “retired” instead: they keep it, and it counts for nobody."
            )


class StepInline(admin.TabularInline):
    model = Step
    formset = StepFormSet
    extra = 0
    fields = ["position", "title", "slug", "summary", "is_optional", "is_retired"]
    prepopulated_fields = {"slug": ["title"]}
    show_change_link = True

    def get_formset(self, *args: Any, **kwargs: Any) -> type[BaseInlineFormSet]:
        formset = super().get_formset(*args, **kwargs)
        formset.form = type("StepRow", (StepRow, formset.form), {})
        return formset


class StepForm(ModelForm):
    asks_something_else = BooleanField(
        required=False,
        label="It asks something else of a learner now",
        help_text="People who ticked it then see “Changed since you ticked it”. "
        "Not for a typo or a better link.",
    )


class ResourceInline(admin.TabularInline):
    model = Resource
    extra = 0
    fields = ["position", "title", "url", "kind"]


@admin.register(Step)
class StepAdmin(admin.ModelAdmin):
    form = StepForm
    list_display = ["title", "roadmap", "position", "is_optional", "is_retired"]
    list_filter = ["roadmap"]
    fields = [
        "title",
        "slug",
        "summary",
        "body",
        "same_as",
        "is_optional",
        "is_retired",
        "asks_something_else",
    ]
    readonly_fields = ["slug"]
    inlines = [ResourceInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a step is added on the page of its roadmap

    def save_model(
        self, request: HttpRequest, obj: Step, form: Any, change: bool
    ) -> None:
        if form.cleaned_data["asks_something_else"]:
            obj.revised_at = timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(Roadmap)
class RoadmapAdmin(InsightPage, admin.ModelAdmin):
    list_display = [
        "title",
        "category",
        "step_count",
        "is_published",
        "position",
        "insight_link",
    ]
    list_editable = ["is_published", "position"]
    fields = [
        "title",
        "slug",
        "category",
        "icon",
        "summary",
        "position",
        "is_published",
    ]
    inlines = [StepInline]
    delete_confirmation_max_display = 5

    def get_readonly_fields(
        self, request: HttpRequest, obj: Roadmap | None = None
    ) -> list[str]:
        return ["slug"] if obj else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Roadmap | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["title"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Roadmap]:
        return Roadmap.objects.with_step_count()

    @admin.display(description="steps")
    def step_count(self, roadmap: Any) -> int:
        return int(roadmap.step_count)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        for formset in formsets:
            if isinstance(formset, StepFormSet):
                form.instance.arrange(formset.order())
