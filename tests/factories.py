"""Users, roadmaps and steps for tests."""

from datetime import date

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from groups.comments import Comment
from groups.confirmations import Confirmation, WorkLink
from groups.models import Assignment, Group, Membership, SharedRoadmap
from progress.models import StepProgress
from progress.notes import Note
from progress.route import State
from roadmaps.models import TEXT_FIELDS, Roadmap, Section, Step
from roadmaps.step_parts import DoneWhen, Question, Resource, Topic

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(
            *args, **{"password": PASSWORD, **kwargs}
        )

    @factory.post_generation
    def confirmed(self, create, extracted, **kwargs):
        if extracted is not False:
            EmailAddress.objects.create(
                user=self, email=self.email, verified=True, primary=True
            )


class RoadmapFactory(DjangoModelFactory):
    class Meta:
        model = Roadmap

    slug = factory.Sequence(lambda n: f"roadmap-{n}")
    title = factory.Sequence(lambda n: f"Roadmap {n}")
    category = "Things to know"
    icon = "🧭"
    summary = "All there is to know."
    is_published = True


class StepFactory(DjangoModelFactory):
    class Meta:
        model = Step

    roadmap = factory.SubFactory(RoadmapFactory)
    position = factory.Sequence(lambda n: n)
    slug = factory.LazyAttribute(lambda step: f"step-{step.position}")
    title = factory.LazyAttribute(lambda step: f"Step {step.position}")
    summary = "What it is about."


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic

    step = factory.SubFactory(StepFactory)
    position = factory.Sequence(lambda n: n)
    slug = factory.LazyAttribute(lambda topic: f"topic-{topic.position}")
    title = factory.LazyAttribute(lambda topic: f"Topic {topic.position}")
    text = "It is about `this`."


class StepProgressFactory(DjangoModelFactory):
    class Meta:
        model = StepProgress

    user = factory.SubFactory(UserFactory)
    step = factory.SubFactory(StepFactory)
    state = State.DONE
    started_at = factory.LazyFunction(timezone.now)
    done_at = factory.LazyAttribute(
        lambda row: row.started_at if row.state == State.DONE else None
    )


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note

    user = factory.SubFactory(UserFactory)
    step = factory.SubFactory(StepFactory)
    text = "Read the RFC."
    page = "a page"


def create_cooking_roadmap(*slugs):
    """The roadmap "Cooking" with steps of these slugs, in this order."""
    roadmap = RoadmapFactory(slug="cooking", title="Cooking")
    for position, slug in enumerate(slugs, start=1):
        StepFactory(roadmap=roadmap, slug=slug, title=slug.title(), position=position)
    return roadmap


def create_greek_roadmap():
    """A roadmap without a Latin letter on its pages: three required steps, an optional.

    Its slug is `odos`, the slugs of its steps are `step-1` to `step-4`.
    """
    roadmap = RoadmapFactory(
        slug="odos", title="Οδός", summary="Από την αρχή.", category="Μαγειρική"
    )
    for number in (1, 2, 3, 4):
        step = StepFactory(
            roadmap=roadmap,
            position=number,
            slug=f"step-{number}",
            title=f"Βήμα {number}",
            summary="Το νερό.",
            body="## Γιατί;\n\nΌλα αρχίζουν εδώ.",
            is_optional=number == 4,
        )
        Resource.objects.create(
            step=step, title="Νερό", url="https://nero.example/", kind="docs"
        )
    return roadmap


def add_greek_parts(step):
    """Give a step of that roadmap a section, a topic and every other part."""
    section = Section.objects.create(
        roadmap=step.roadmap, slug=f"meros-{step.position}", title="Μέρος"
    )
    text = dict.fromkeys(TEXT_FIELDS, "Το **νερό**.")
    facts = {"hours_min": 1, "hours_max": 1, "checked_on": date(2026, 11, 3)}
    needs = [f"odos/step-{3 - step.position}"]
    for name, value in (text | facts).items():
        setattr(step, name, value)
    step.section, step.needs, step.hints = section, needs, ["Κοίτα."]
    step.save()
    TopicFactory(
        step=step, title="Θέμα", text="Εδώ.", url="https://thema.example/", slug="thema"
    )
    Question.objects.create(step=step, question="Γιατί;", answer="Έτσι.")
    DoneWhen.objects.create(step=step, text="κολυμπήσεις")
    for role in Resource.Role.values:
        Resource.objects.create(
            step=step,
            title="Πηγή",
            url=f"https://{role}.example/",
            kind="book",
            role=role,
            minutes=5 if role == "start" else None,
        )


class GroupFactory(DjangoModelFactory):
    class Meta:
        model = Group

    name = factory.Sequence(lambda n: f"Group {n}")


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = Assignment

    group = factory.SubFactory(GroupFactory)
    roadmap = factory.SubFactory(RoadmapFactory)


class MembershipFactory(DjangoModelFactory):
    """A membership. `showing` are the assignments that a member agreed to show."""

    class Meta:
        model = Membership
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    group = factory.SubFactory(GroupFactory)

    @factory.post_generation
    def showing(self, create, extracted, **kwargs):
        for assignment in extracted or ():
            SharedRoadmap.objects.create(membership=self, assignment=assignment)


class ConfirmationFactory(DjangoModelFactory):
    class Meta:
        model = Confirmation

    group = factory.SubFactory(GroupFactory)
    group_name = factory.LazyAttribute(lambda own: own.group.name if own.group else "G")
    user = factory.SubFactory(UserFactory)
    step = factory.SubFactory(StepFactory)
    confirmed_by = factory.SubFactory(UserFactory)


class WorkLinkFactory(DjangoModelFactory):
    class Meta:
        model = WorkLink

    user = factory.SubFactory(UserFactory)
    step = factory.SubFactory(StepFactory)
    url = "https://example.org/work"


class CommentFactory(DjangoModelFactory):
    class Meta:
        model = Comment

    group = factory.SubFactory(GroupFactory)
    member = factory.SubFactory(UserFactory)
    step = factory.SubFactory(StepFactory)
    author = factory.SubFactory(UserFactory)
    text = "Well done."
