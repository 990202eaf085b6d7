"""The editors' pages for roadmaps."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, BooleanField, ModelForm
from django.http import HttpRequest
from django.utils import timezone

from roadmaps.models import Resource, Roadmap, Step


class StepFormSet(BaseInlineFormSet):
    def order(self) -> list[int]:
        """The ids of the steps as the editor wants them. A place that was typed wins
        over the step that had it: moving up goes before it, moving down behind it.
        """

        def place(form: ModelForm) -> tuple[int, int, int]:
            position = form.instance.position
            before = form.initial.get("position", position + 1)  # a new one moves up
            return position, (position > before) - (position < before), form.instance.pk

        kept = [form for form in self.initial_forms if form not in self.deleted_forms]
        added = [form for form in self.extra_forms if form.instance.pk]
        return [form.instance.pk for form in sorted(kept + added, key=place)]


class StepInline(admin.TabularInline):
    model = Step
    formset = StepFormSet
    extra = 0
    fields = ["position", "title", "slug", "summary", "is_optional", "is_retired"]
    prepopulated_fields = {"slug": ["title"]}
    show_change_link = True


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
        "is_optional",
        "is_retired",
        "asks_something_else",
    ]
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
class RoadmapAdmin(admin.ModelAdmin):
    list_display = ["title", "category", "step_count", "is_published", "position"]
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
    prepopulated_fields = {"slug": ["title"]}
    inlines = [StepInline]

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
