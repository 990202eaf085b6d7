"""A step with every part, for browser tests."""

from datetime import date

from roadmaps.models import Section
from roadmaps.step_parts import DoneWhen, Question, Resource
from tests.factories import TopicFactory

SECTIONS = {
    "Foundations": 3,
    "Data and APIs": 4,
    "Security and quality": 4,
    "Design": 3,
    "Servers and messaging": 6,
    "Operations": 3,
}
TOPICS = ["What is worth caching", "Cache-Control", "Where a copy can live"]


def add_sections(roadmap):
    """Divide the 23 steps of the Backend Developer roadmap into six sections."""
    steps = list(roadmap.steps.all())
    for title, count in SECTIONS.items():
        slug = title.lower().replace(" ", "-")
        section = Section.objects.create(roadmap=roadmap, slug=slug, title=title)
        ids = [steps.pop(0).pk for _ in range(count)]
        roadmap.steps.filter(pk__in=ids).update(section=section)


def fill_step(step):
    """Give the step facts, texts, topics, questions, outcomes and resources."""
    step.hours_min, step.hours_max = 4, 6
    step.needs = ["backend-developer/learn-about-apis"]
    step.checked_on, step.checked_with = date(2026, 11, 3), "Valkey 9"
    step.skip_if = "- say what `no-cache` means"
    step.why = "Some answers are asked for a thousand times between two changes."
    step.primer = "## How a cache works\n\nA cache sits between reader and answer."
    step.body = ""
    step.exercise = "1. Send `Cache-Control`.\n2. Keep the answer for 60 seconds.\n\n"
    step.exercise += f"   ```bash\n   curl {'-H Accept:text/html ' * 5}\n   ```\n"
    step.stretch = "Serve stale while you rebuild."
    step.hints = ["Look at the `Age` header.", "Use `curl -v`."]
    step.mistakes = "**A personal answer in a shared cache.** Send `private`."
    step.save()
    for position, title in enumerate(TOPICS, start=1):
        TopicFactory(
            step=step,
            position=position,
            slug=title.lower().replace(" ", "-"),
            title=title,
            text="Say who may keep a copy, with `max-age`, and for how long.",
            url="https://developer.mozilla.org/" if position != 1 else "",
        )
    for question in ("Why delete the key after the commit?", "What is a stampede?"):
        Question.objects.create(step=step, question=question, answer="Because of `x`.")
    for text in (
        "predict which answers come from a cache",
        "make a server answer `304`",
    ):
        DoneWhen.objects.create(step=step, text=text)
    step.resources.all().delete()
    for role, minutes in (("start", 15), ("practise", 40), ("start", 20), ("", None)):
        title = f"HTTP caching {minutes}"
        url = f"https://example.org/{role}/{minutes}"
        Resource.objects.create(
            step=step, title=title, url=url, kind="docs", role=role, minutes=minutes
        )
