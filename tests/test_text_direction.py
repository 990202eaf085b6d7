"""Arabic and Hebrew text never reorders or misaligns what is around it, on any page"""

import re
from html.parser import HTMLParser
from importlib import import_module

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from core.text import RIGHT_TO_LEFT, get_direction, isolate
from groups.invitations import Invitation
from progress.models import Completion, StepProgress
from roadmaps.models import Resource
from tests.accounts.actions import reauthenticate
from tests.accounts.second_factors import add_passkey
from tests.factories import (
    AssignmentFactory,
    MembershipFactory,
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    TopicFactory,
    UserFactory,
)

TITLE, STEP = "خارطة الطبخ (HTML)", "غلي الماء!"
NAME, SITE = "נועה", "حجر (1)"
ISOLATED = re.compile("\u2068.*?\u2069", re.DOTALL)
SHOWN_ATTRIBUTES = ("alt", "aria-label", "data-title", "placeholder", "title")
VOID = ("br", "hr", "img", "input", "link", "meta", "path", "circle", "ellipse", "rect")


class UnguardedText(HTMLParser):
    """Collects right-to-left text that takes part in the order of the text around it.

    Text in `bdi`, in an element with `dir`, or between isolating characters does not.
    The order of text that nobody sees has no meaning, nor does that of a `title`.
    """

    def __init__(self, html):
        super().__init__()
        self.path, self.found, self.guarded = [], [], 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        is_guarded = tag in ("bdi", "head", "script") or "visually-hidden" in attrs.get(
            "class", ""
        )
        is_guarded = is_guarded or ("dir" in attrs and tag not in ("html", "body"))
        for name in SHOWN_ATTRIBUTES:
            self.check(attrs.get(name) or "", is_guarded=False)
        if tag == "input" and attrs.get("type") != "hidden":
            self.check(attrs.get("value", ""), is_guarded)
        if tag not in VOID:
            self.path.append((tag, is_guarded))

    def handle_endtag(self, tag):
        while self.path and self.path.pop()[0] != tag:
            pass

    def handle_data(self, text):
        self.check(text, any(is_guarded for _, is_guarded in self.path))

    def check(self, text, is_guarded):
        if not RIGHT_TO_LEFT.search(text):
            return
        self.guarded += 1
        if not is_guarded and RIGHT_TO_LEFT.search(ISOLATED.sub("", text)):
            self.found.append((self.path[-1:], text.strip()))


@pytest.fixture
def arabic(db, settings):
    """A roadmap whose every text is Arabic."""
    import_module(settings.ROOT_URLCONF)  # names the admin after the site, once
    settings.SITE_NAME = SITE
    texts = {"title": TITLE, "summary": "من الماء إلى العشاء.", "category": "المنزل"}
    roadmap = RoadmapFactory(slug="tabkh", **texts)
    for number in (1, 2, 3):
        step = StepFactory(
            roadmap=roadmap,
            position=number,
            slug=f"step-{number}",
            title=STEP,
            summary="حتى يتحرك الماء.",
            body="## لماذا؟\n\nكل شيء يبدأ من هنا.",
        )
        Resource.objects.create(
            step=step, title="الماء", url="https://ar.example/", kind="docs"
        )
    roadmap.save()  # records a version
    return roadmap


@pytest.fixture
def learner(arabic):
    """A member of staff with an Arabic name, marks, notes and a passkey."""
    user = UserFactory(name=NAME, is_staff=True, is_superuser=True)
    for step in arabic.steps.all():
        StepProgress.objects.mark(user, step.pk, "done")
        NoteFactory(user=user, step=step, text="ملاحظة: `git`.")
    retired = arabic.steps.last()
    retired.is_retired = True
    retired.save_with_reason(f"Retired {isolate(STEP)}")
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def assert_guarded(response):
    assert response.status_code == 200, response
    text = UnguardedText(response.content.decode())
    assert text.guarded
    assert text.found == []


PAGES = ["/", "/roadmaps/tabkh/", "/roadmaps/tabkh/step-1/", "/search/?q=الماء"]


@pytest.mark.parametrize("path", [*PAGES, "/privacy/", "/search/?q=كلمة"])
def test_pages_of_visitors(client, arabic, path):
    assert_guarded(client.get(path))


@pytest.mark.parametrize(
    "path",
    [
        *PAGES,
        "/roadmaps/tabkh/?notes=1",
        "/roadmaps/tabkh/reset/",
        "/progress/",
        "/progress/?q=ملاحظة",
        "/accounts/settings/",
    ],
)
def test_pages_of_learners(learner, arabic, path):
    assert Completion.objects.exists()
    if "reset" in path:
        path = reverse("progress:reset", args=[arabic.slug])
    assert_guarded(learner.get(path))


def test_pages_of_groups_that_a_person_joins(client, learner, arabic):
    assignment = AssignmentFactory(roadmap=arabic, group__name=TITLE)
    group = assignment.group
    MembershipFactory(group=group, role="owner", user__name=NAME)
    TopicFactory(step=arabic.steps.first(), title=STEP)
    invitation = Invitation.objects.create(group=group)
    assert_guarded(client.get(invitation.get_absolute_url()))
    assert_guarded(learner.get(invitation.get_absolute_url()))
    assert_guarded(learner.post(invitation.get_absolute_url(), follow=True))
    assert_guarded(learner.get(arabic.get_absolute_url()))
    path = reverse("groups:sharing", args=[group.pk])
    for choice in ("show", "hide"):
        assert_guarded(learner.post(path, {choice: assignment.pk}, follow=True))
    assert_guarded(learner.get(group.get_absolute_url()))


def test_the_step_that_a_visitor_marked_is_named_at_the_sign_in(client, arabic):
    step = arabic.steps.first()
    path = reverse("progress:mark", args=[step.pk, "done"])
    response = client.post(path, headers={"Sec-Fetch-Site": "same-origin"}, follow=True)
    assert f"<bdi>{STEP}</bdi> will be marked done" in response.text
    assert_guarded(response)


def test_names_of_passkeys(learner):
    passkey = add_passkey(learner.user, name="مفتاح (1)")
    reauthenticate(learner)
    assert_guarded(learner.get(reverse("mfa_index")))
    assert_guarded(learner.get(reverse("mfa_edit_webauthn", args=[passkey.pk])))
    assert_guarded(learner.get(reverse("mfa_remove_webauthn", args=[passkey.pk])))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("roadmap", name) for name in ("history", "insight", "duplicate")),
        *(("step", name) for name in ("history", "retire", "merge", "split")),
    ],
)
def test_our_own_pages_of_the_admin(learner, arabic, kind, name):
    for step in arabic.steps.all():
        TopicFactory(step=step, title=STEP, slug="maa")
    content = arabic if kind == "roadmap" else arabic.steps.first()
    response = learner.get(f"/admin/roadmaps/{kind}/{content.pk}/{name}/")
    # The heading is in Django's template, and has its direction from CSS.
    html = re.sub("<h[12]>.*?</h[12]>|<option.*?</option>", "", response.text)
    assert UnguardedText(html).found == []


def test_the_page_that_changes_several_steps(learner, arabic):
    section = arabic.sections.create(slug="section", title="الماء")
    arabic.steps.update(section=section)
    ids = ",".join(str(step.pk) for step in arabic.steps.all())
    path = reverse("admin:roadmaps_step_bulk-edit")
    html = learner.get(path, {"steps": ids}).text
    assert UnguardedText(re.sub("<option.*?</option>", "", html)).found == []
    response = learner.post(path, {"steps": ids, "is_optional": "yes"})
    html = re.sub("<option.*?</option>", "", response.text)
    assert "conflict_heading" in html
    assert UnguardedText(html).found == []


def test_the_fields_of_the_admin(learner, arabic):
    html = learner.get(f"/admin/roadmaps/step/{arabic.steps.first().pk}/change/").text
    for name in ("title", "summary", "body", "resources-0-title", "resources-0-url"):
        assert re.search(
            rf'<(input|textarea)(?=[^>]* name="{name}")[^>]* dir="auto"', html
        )


def test_mails(learner, arabic):
    path = reverse("admin:accounts_invitation_add")
    learner.post(path, {"address": "x@example.org"})
    [message] = mail.outbox
    assert f"{isolate(NAME)} has invited you to {isolate(SITE)}" in message.body
    [(html, _)] = message.alternatives
    text = UnguardedText(html)
    assert text.guarded
    assert text.found == []


def test_an_arabic_route_runs_from_right_to_left(client, arabic):
    html = client.get("/roadmaps/tabkh/").text
    assert '<ol class="route" role="list" dir="rtl">' in html
    assert '<html lang="en-GB" dir="ltr">' in html


@pytest.mark.parametrize("language", ["ar", "ar-eg", "he"])
def test_the_page_is_ready_for_a_language_from_right_to_left(
    client, arabic, settings, language
):
    settings.LANGUAGE_CODE = language
    assert re.search('<html lang="(ar|he)[^>]* dir="rtl">', client.get("/").text)


def test_isolating_characters_are_used_only_where_they_are_needed(settings):
    assert isolate("Caching") == "Caching"
    assert isolate(NAME) == f"\u2068{NAME}\u2069"
    settings.LANGUAGE_CODE = "he"
    assert isolate("C++") == "\u2068C++\u2069"


@pytest.mark.parametrize(
    ("text", "direction"),
    [("Caching", "ltr"), ("1. غلي", "rtl"), ("«עברית» x", "rtl"), ("🧭 1", "ltr")],
)
def test_the_first_letter_gives_the_direction(text, direction):
    assert get_direction(text) == direction
