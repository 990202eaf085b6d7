"""Every page for editors in the pseudo-language."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from editing import background_operations
from progress.models import StepProgress
from progress.topic_checks import TopicCheck
from roadmaps.models import Resource, Roadmap, Step
from tests.editing.editor import NO_PARTS, page_of, roadmap_form, send, step_form
from tests.editing.test_admin_background_operations import work
from tests.editing.test_admin_import_export import APPLY, IMPORT, upload
from tests.factories import (
    NoteFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
    WorkLinkFactory,
    add_greek_parts,
)
from tests.pseudo_language import assert_page_is_translated, pseudo_language

ROADMAPS = "/admin/roadmaps/roadmap/"
STEPS = "/admin/roadmaps/step/"
SLUGS = ["odos", "step-1", "step-2", "step-3", "step-4", "step-5"]
# A file that differs from the Greek roadmap in every way.
EDITED = """\
slug: odos
title: Οδός δύο
category: Μαγειρική
icon: 🍳
summary: Από την αρχή.
published: true
steps:
  - slug: step-5
    title: Βήμα 5
    summary: Το νερό.
    same_as: nero/nero
  - slug: step-2
    title: Βήμα 2
    summary: Το λάδι.
    body: Όλα αλλάζουν.
    new_meaning: true
  - slug: step-6
    was: step-1
    title: Βήμα 1
    summary: Το νερό.
    resources:
      - title: Νερό
        url: https://nero.example/
        kind: docs
"""


def check(response, *expected):
    assert_page_is_translated(response, *SLUGS, *expected)


@pytest.fixture(autouse=True)
def pseudo(greek, monkeypatch):
    # The admin reads the site's name once.
    monkeypatch.setattr(admin.site, "site_header", "Πέτρα")
    monkeypatch.setattr(admin.site, "site_title", "Πέτρα")
    with pseudo_language():
        yield


@pytest.fixture
def step(greek):
    return greek.steps.get(slug="step-1")


@pytest.fixture
def learners(greek):
    """Six learners who have done, started or skipped the steps, with notes."""
    users = UserFactory.create_batch(6)
    states = ["done", "learning", "skipped"]
    for user in users:
        for step, state in zip(greek.steps.all(), states, strict=False):
            StepProgressFactory(user=user, step=step, state=state)
            NoteFactory(user=user, step=step)
    return users


@pytest.fixture
def superuser():
    return UserFactory(name="Ελένη", is_staff=True, is_superuser=True)


@pytest.fixture
def client(superuser):
    client = Client()
    client.force_login(superuser)
    return client


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/roadmaps/", ROADMAPS, STEPS, IMPORT]
)
def test_lists(client, path):
    check(client.get(path))


@pytest.mark.parametrize("path", [f"{ROADMAPS}add/", f"{STEPS}add/"])
def test_new_content(client, path):
    check(client.get(path))
    bad = {"slug": "Ώ", "icon": "ώ", "title": "α\u202e", **NO_PARTS}
    check(client.post(path, bad), "U+202E")


class TestForms:
    def test_roadmap(self, client, greek, step):
        Step.objects.filter(pk=step.pk).update(is_retired=True)
        check(client.get(page_of(greek)))

    def test_roadmap_with_errors(self, client, greek):
        bad = roadmap_form(greek, title="", icon="ώ", slug="Ώ", order=[])
        check(client.post(page_of(greek), bad))

    @pytest.mark.parametrize("title", ["Τμήμα", ""])
    def test_roadmap_with_sections(self, client, greek, step, title):
        section = greek.sections.create(slug="tmima", title="Τμήμα")
        Step.objects.filter(pk=step.pk).update(section=section)
        check(client.get(page_of(greek)))
        row = {f"section-{section.pk}-title": title, "new_section": "Νέο τμήμα"}
        row |= {f"section-{section.pk}-slug": "-", "icon": "ώ"}
        check(client.post(page_of(greek), roadmap_form(greek, **row)))

    def test_roadmap_that_was_saved(self, client, greek):
        answer = client.post(page_of(greek), roadmap_form(greek, title="Νέα οδός"))
        check(client.get(answer.url))

    @pytest.mark.usefixtures("learners")
    def test_step(self, client, step):
        check(client.get(page_of(step)))
        Step.objects.filter(pk=step.pk).update(is_retired=True)
        check(client.get(page_of(step)))

    def test_step_in_a_section(self, client, greek, step):
        section = greek.sections.create(slug="tmima", title="Τμήμα")
        check(client.get(page_of(step)))
        client.post(page_of(step), step_form(step, in_section=section.pk))
        check(client.get(page_of(greek, "history")), "tmima")
        check(client.post(page_of(step), step_form(step, in_section=0)))

    def test_step_with_every_part(self, client, step, sign_in_staff):
        add_greek_parts(step)
        check(client.get(page_of(step)))
        check(sign_in_staff("Publishers").get(page_of(step)))

    def test_step_with_a_ticked_topic_to_delete(self, client, step):
        topic = TopicFactory(step=step, title="Θέμα", text="", slug="thema")
        StepProgress.objects.check_topic(UserFactory(), topic.pk, is_checked=True)
        answer = send(client, step, **{"topics-0-DELETE": "on"})
        check(client.get(answer.url))

    def test_step_without_learners(self, client, step):
        check(client.get(page_of(step)))

    def test_step_with_errors(self, client, step):
        bad = step_form(step, title="\u200b", same_as="ώ", body="- α\n" * 5000)
        bad |= {"resources-0-url": "https://a b", "resources-0-title": ""}
        check(client.post(page_of(step), bad), "U+0020")

    @pytest.mark.usefixtures("learners")
    def test_step_with_a_question(self, client, step):
        check(send(client, step, title="Άλλο"))

    def test_step_that_refers_to_no_step(self, client, step):
        answer = client.post(page_of(step), step_form(step, same_as="odos/step-9"))
        check(client.get(answer.url), "odos/step-9")

    @pytest.mark.parametrize("slug", ["odos", "step-1"])
    def test_conflict(self, client, greek, step, slug):
        content, form = (greek, roadmap_form) if slug == "odos" else (step, step_form)
        opened = form(content, title="Δικό μου")
        send(client, content, title="Δικό σου")
        check(client.post(page_of(content), opened))

    def test_forms_for_people_who_may_only_look(self, greek, step, sign_in_staff):
        client = sign_in_staff("Publishers")
        check(client.get(page_of(step)))
        check(sign_in_staff("Editors").get(page_of(greek)))

    @pytest.mark.parametrize("body", ["", "Το νερό.", "- α\n" * 5000])
    def test_preview(self, client, body):
        headers = {"Sec-Fetch-Site": "same-origin"}
        check(client.post(f"{STEPS}preview/", {"body": body}, headers=headers))

    def test_preview_of_every_part(self, client, step):
        add_greek_parts(step)
        data = step_form(step, hours_min=1, hours_max=1, checked_on="2026-11-29")
        headers = {"Sec-Fetch-Site": "same-origin"}
        check(client.post(f"{STEPS}preview/", data, headers=headers))


class TestHistory:
    def test_versions(self, client, greek, step):
        send(client, step, is_optional="on", title="Άλλο")
        step.resources.all().delete()
        send(client, step)
        client.post(page_of(step, "retire"))
        check(client.get(page_of(step, "history")))
        send(client, greek, is_published="", new_section="Τμήμα")
        row = greek.sections.get()
        send(client, greek, **{f"section-{row.pk}-is_removed": "on"})
        path = page_of(greek, "history")
        check(client.get(path), row.slug)
        greek.delete()
        check(client.get(path), row.slug)

    def test_no_version(self, client, step):
        step.history.all().delete()
        check(client.get(page_of(step, "history")))

    def test_several_pages(self, client, step):
        for _ in range(50):
            step.save()
        check(client.get(page_of(step, "history"), {"p": 2}))

    @pytest.mark.usefixtures("learners")
    def test_restoring(self, client, step):
        step.title = "Άλλο"
        step.save()
        old = page_of(step, "history", str(step.history.last().pk))
        check(client.get(old))
        check(client.post(old))
        check(client.get(client.post(old, {"meaning": "no"}).url))
        check(client.get(old))


class TestOperations:
    @pytest.mark.parametrize("name", ["retire", "merge", "split", "delete"])
    @pytest.mark.parametrize("has_learners", [True, False])
    def test_questions(self, client, step, request, name, has_learners):
        if has_learners:
            request.getfixturevalue("learners")
        check(client.get(page_of(step, name)))

    def test_topics(self, client, greek, step, user):
        second = greek.steps.get(slug="step-2")
        for each in (step, second):
            topic = TopicFactory(step=each, title="Θέμα", text="Εδώ.", slug="thema")
            TopicCheck.objects.create(user=user, topic=topic)
        check(client.get(page_of(step, "merge")))
        check(client.get(page_of(step, "split")))
        check(client.get(page_of(greek, "delete")))
        TopicFactory.create_batch(100, step=step, title="Θέμα", text="Εδώ.")
        check(client.post(page_of(step, "merge"), {"into": second.pk}))

    @pytest.mark.parametrize("name", ["merge", "split"])
    def test_errors(self, client, step, name):
        check(client.post(page_of(step, name), {"slug": "step-2", "into": "0"}))

    def test_results(self, client, greek, step):
        second = greek.steps.get(slug="step-2")
        new = {"title": "Βήμα 5", "slug": "step-5", "summary": "Το νερό."}
        for page, data in [
            ("retire", {}),
            ("bring-back", {}),
            ("split", new),
            ("merge", {"into": second.pk}),
        ]:
            check(client.get(client.post(page_of(step, page), data).url))
        check(client.get(page_of(step, "history")))
        check(client.get(page_of(greek, "history")))
        check(client.post(page_of(step, "merge"), {"into": second.pk}))

    @pytest.mark.usefixtures("learners")
    def test_in_the_background(self, client, greek, step, settings, monkeypatch):
        monkeypatch.setattr(background_operations, "MANY_LEARNERS", 2)
        settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
        into = {"into": greek.steps.get(slug="step-2").pk}
        operation = client.post(page_of(step, "merge"), into).url
        check(client.get(operation))
        check(client.get(page_of(step)))
        check(client.get(client.post(page_of(step, "retire")).url))
        tasks = DBTaskResult.objects
        task = tasks.get()
        task.enqueued_at = timezone.now() - timedelta(hours=1)
        task.save()
        check(client.get(operation))
        work()
        check(client.get(operation))
        failed = {"step": step.pk, "message": "", "errors": ["Λάθος."]}
        tasks.update(return_value=failed)
        check(client.get(operation))
        tasks.update(status="FAILED")
        check(client.get(operation), str(task.pk))

    @pytest.mark.usefixtures("learners")
    def test_a_roadmap_with_learners_is_not_deleted(self, client, greek):
        check(client.get(page_of(greek, "delete")))

    def test_content_with_feedback_of_a_group_is_not_deleted(self, client, greek):
        step = greek.steps.first()
        WorkLinkFactory(step=step)
        check(client.get(page_of(greek, "delete")))
        check(client.get(page_of(step, "delete")))

    @pytest.mark.parametrize("path", [ROADMAPS, STEPS])
    @pytest.mark.parametrize("has_learners", [True, False])
    def test_deleting_a_selection(self, client, greek, request, path, has_learners):
        if has_learners:
            request.getfixturevalue("learners")
        pk = greek.pk if path == ROADMAPS else greek.steps.first().pk
        data = {"action": "delete_selected", "_selected_action": [pk]}
        check(client.post(path, data, follow=True))


class TestBulkEdit:
    @pytest.fixture
    def steps(self, greek):
        section = greek.sections.create(slug="meros", title="Μέρος")
        greek.steps.filter(slug="step-1").update(section=section)
        greek.steps.filter(slug="step-2").update(is_retired=True)
        greek.steps.update(hours_min=1, hours_max=3)
        return ",".join(str(pk) for pk in greek.steps.values_list("pk", flat=True))

    def test_page_and_result(self, client, greek, steps):
        path = f"{STEPS}bulk-edit/"
        page = client.get(path, {"steps": steps})
        check(page)
        version = page.context["form"].initial["version"]
        data = {"steps": steps, "version": version, "is_optional": "yes"}
        check(client.get(client.post(path, data).url))
        check(client.post(path, data | {"is_optional": "no"}))
        check(client.get(page_of(greek.steps.first(), "history")))

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"hours_min": "1"},
            {"hours_min": "x"},
            {"hours_min": "1", "hours_max": "2", "no_hours": "on"},
            {"is_optional": "ώ"},
        ],
    )
    def test_errors(self, client, steps, values):
        check(client.post(f"{STEPS}bulk-edit/", {"steps": steps} | values))

    def test_interrupted_section(self, client, greek, steps):
        section = greek.sections.get().pk
        pk = str(greek.steps.get(slug="step-4").pk)
        page = client.get(f"{STEPS}bulk-edit/", {"steps": pk})
        version = page.context["form"].initial["version"]
        data = {"steps": pk, "version": version, "section": section}
        check(client.post(f"{STEPS}bulk-edit/", data))

    def test_several_roadmaps(self, client, greek, steps):
        other = Roadmap.objects.create(slug="nero", title="Νερό", icon="💧")
        kima = Step.objects.create(roadmap=other, slug="kima", title="Κύμα", position=1)
        ids = f"{steps},{kima.pk}"
        check(client.get(f"{STEPS}bulk-edit/", {"steps": ids}))

    def test_nothing_selected(self, client):
        check(client.get(client.get(f"{STEPS}bulk-edit/").url))


class TestDuplicate:
    def test_page_error_and_result(self, client, greek):
        path = page_of(greek, "duplicate")
        check(client.get(path), "odos-copy")
        check(client.post(path, {"title": "Οδός", "slug": "odos"}))
        data = {"title": "Οδός δύο", "slug": "nero"}
        check(client.get(client.post(path, data).url), "nero")
        copy = Roadmap.objects.get(slug="nero")
        check(client.get(page_of(copy, "history")), "nero")


class TestInsight:
    @pytest.mark.usefixtures("learners")
    def test_with_learners(self, client, greek):
        StepProgressFactory._meta.model.objects.update(
            started_at=timezone.now() - timedelta(days=99),
            done_at=None,
            state="learning",
        )
        check(client.get(page_of(greek, "insight")))

    def test_without_learners(self, client, greek):
        check(client.get(page_of(greek, "insight")))


class TestFiles:
    @pytest.mark.usefixtures("learners")
    def test_preview_and_import(self, client, greek):
        other = Roadmap.objects.create(slug="nero", title="Νερό", icon="💧", position=2)
        Step.objects.create(
            roadmap=other, slug="kima", title="Κύμα", position=1, same_as="odos/step-1"
        )
        preview = upload(client, EDITED, "a.yaml")
        keys = ["nero/nero", "nero/kima", "step-6", "title", "summary", "body"]
        keys += ["resources", "same_as", "icon", "nero"]
        check(preview, *keys)
        sealed = {"sealed": preview.context["signed_upload"]}
        greek.save()
        send(client, greek, title="Άλλη")
        check(client.post(APPLY, sealed), *keys)
        sealed = {"sealed": upload(client, EDITED, "a.yaml").context["signed_upload"]}
        check(client.get(client.post(APPLY, sealed).url), *keys)
        check(upload(client, EDITED, "a.yaml"), *keys)
        check(client.get(page_of(greek, "history")), "step-6")

    def test_preview_without_the_permission_to_publish(self, greek, sign_in_staff):
        client = sign_in_staff("Editors")
        text = EDITED.replace("published: true\n", "")
        keys = ["nero/nero", "step-6", "title", "summary", "body", "resources"]
        check(upload(client, text, "a.yaml"), *keys, "same_as", "icon", "nero")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "- a",
            b"\xff",
            "a\0b",
            "&a [*a]",
            "slug: odos",
            "slug: [",
            "slug: 'a",
            "slug: `a",
            "slug 1\ntitle: a",
            EDITED + "EDITED: 1\n",
            EDITED.replace("title: Βήμα 2", "title: ''"),
            EDITED.replace("icon: 🍳", "icon: ώ"),
            EDITED.replace("title: Βήμα 2", "title:\n    optional: yes"),
            EDITED.replace("kind: docs", "kind: doc"),
            EDITED.replace("https://nero", "nero"),
            EDITED.replace("step-2", "Step 2"),
            EDITED.replace("step-2", "step-5"),
            EDITED.replace("was: step-1", "was: step-9"),
            EDITED.replace("published: true", "position: -1"),
            EDITED.replace("body: Όλα αλλάζουν.", f"body: {'α' * 40_001}"),
            EDITED.replace("- slug: step-2", "\t- slug: step-2"),
            EDITED.replace("published: true", "published: !!bool true"),
        ],
    )
    def test_errors(self, client, text):
        answer = upload(client, text, "a.yaml")
        assert answer.status_code == 400
        keys = ["a.yaml", "slug", "title", "icon", "optional", "kind", "url", "was"]
        keys += ["position", "body", "published", "step-6", "step-9", "U+0000"]
        keys += ["category", "summary", "steps", "EDITED"]
        keys += ["docs, article, book, course, video, practice", "docs", "true"]
        check(answer, *keys)

    def test_expired_preview_and_missing_file(self, client):
        check(client.post(APPLY, {"sealed": "x"}))
        check(client.post(IMPORT))

    def test_a_roadmap_that_cannot_be_exported(self, client, greek):
        Resource.objects.update(title="α\nβ")
        answer = client.get(page_of(greek, "export"))
        check(client.get(answer.url), "title")
