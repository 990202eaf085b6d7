"""Every address of the site, opened by everybody: who learns what of which roadmap.

There is a roadmap of each visibility, and a draft. Each of their texts has a word that
is nowhere else, so a response that has the word shows the text. All of them are
assigned to the same group.
"""

import re
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, resolve, reverse
from django.utils import timezone

from groups.models import Role
from roadmaps.models import TEXT_FIELDS
from roadmaps.step_parts import DoneWhen, Question, Resource
from roadmaps.visibility import Visibility
from tests.accounts.actions import reauthenticate
from tests.factories import (
    AssignmentFactory,
    GroupFactory,
    MembershipFactory,
    NoteFactory,
    RoadmapFactory,
    StepFactory,
    StepProgressFactory,
    TopicFactory,
    UserFactory,
)

KINDS = ["public", "signed-in", "groups", "draft"]
SEES = {
    "visitor": {"public"},
    "stranger": {"public", "signed-in"},
    "former": {"public", "signed-in"},
    "member": {"public", "signed-in", "groups"},
    "mentor": {"public", "signed-in", "groups"},
    "owner": {"public", "signed-in", "groups"},
    "staff": {"public", "signed-in", "groups", "draft"},
}
# They have done the first step of every roadmap, and have ticked its topic.
LEARNERS = {"member", "former"}
IN_THE_GROUP = {"member", "mentor", "owner"}
NAMES = {"ROADMAP", "road"}  # the words in a roadmap's title and slug
OWN_NAMES = NAMES | {"FIRST", "first", "TICKED", "ticked"}


class Row(NamedTuple):
    """A request, with the fields of a roadmap in braces."""

    request: str
    # The word that everybody who may open the roadmap finds in the response.
    shows: str = ""
    # Who may read names of roadmaps that they may not open: of what they have done
    # themselves, or of what their group follows.
    tells: frozenset[str] | set[str] = frozenset()


ROWS = [
    # The pages of a roadmap
    Row("GET /", "ROADMAP", LEARNERS),
    Row("GET /?q={quartz}", "ROADMAP", LEARNERS),
    Row("GET /roadmaps/{road}/", "SECOND", LEARNERS),
    Row("GET /roadmaps/{road}/?notes=1", "FIRST", LEARNERS),
    Row("GET /roadmaps/{road}/?q={quartz}&show=left", "ROADMAP", LEARNERS),
    Row("GET /roadmaps/{old}/", "road", LEARNERS),
    Row("HTMX /roadmaps/{road}/", "", LEARNERS),
    Row("GET /roadmaps/{road}/{second}/?answers=1", "ANSWER", LEARNERS),
    Row("GET /roadmaps/{road}/{first}/", "FIRST", LEARNERS),
    Row("GET /roadmaps/{old}/{second}/", "road", LEARNERS),
    Row("GET /roadmaps/{road}/{road}/", "", LEARNERS),
    Row("HTMX /roadmaps/{road}/{second}/", "", LEARNERS),
    Row("POST /roadmaps/{road}/{second}/ text=Mine&page=p", "", LEARNERS),
    # Progress
    Row("GET /progress/", "", LEARNERS),
    Row("GET /progress/?q={quartz}", "", LEARNERS),
    Row("POST /progress/{second_id}/done/"),
    Row("POST /progress/{second_id}/done/ at=step"),
    Row("POST /progress/{first_id}/none/"),
    Row("POST /progress/topics/{topic_id}/checked/"),
    Row("GET /progress/reset/{road}/"),
    Row("POST /progress/reset/{road}/"),
    Row("POST /progress/restore/{road}/ past=forged"),
    # Search
    Row("GET /search/?q={quartz}"),
    *(
        Row(f"GET /search/?q={{quartz}}&type={kind}", shows)
        for kind, shows in {
            "roadmap": "ROADMAP",
            "step": "SECOND",
            "topic": "TOPIC",
            "question": "QUESTION",
            "resource": "LINK",
            "note": "",
        }.items()
    ),
    Row("GET /search/options/?q={quartz}"),
    # A person's own data
    *(
        Row(f"GET /accounts/data/cairn.{extension}", "", LEARNERS)
        for extension in ("json", "csv", "md")
    ),
    # Groups. Anybody with the link can read which roadmaps it is about.
    Row("GET /groups/", "", IN_THE_GROUP),
    Row("GET /groups/new/"),
    Row("GET /groups/join/"),
    Row("GET /groups/join/unknown/"),
    Row("GET /groups/join/{invitation}/", "", set(SEES)),
    Row("GET /groups/{group_id}/", "", IN_THE_GROUP),
    Row("GET /groups/{group_id}/join/"),
    Row("POST /groups/{group_id}/dismiss/"),
    Row("GET /groups/{group_id}/sharing/", "", IN_THE_GROUP),
    Row("GET /groups/{group_id}/leave/", "", IN_THE_GROUP),
    Row("GET /groups/{group_id}/progress.csv", "", {"mentor", "owner"}),
    *(
        Row(f"GET /groups/{{group_id}}/settings/{page}", "", {"owner"})
        for page in (
            *("", "delete/", "people/{member_id}/", "people/{member_id}/remove/"),
            *("roadmaps/{assignment_id}/", "roadmaps/{assignment_id}/remove/"),
        )
    ),
    Row("POST /groups/{group_id}/settings/invitations/{invitation_id}/revoke/"),
    Row("GET /groups/{group_id}/members/{member_id}/", "", {"mentor", "owner"}),
    Row("POST /groups/{group_id}/members/{member_id}/confirm/{first_id}/"),
    Row("POST /groups/{group_id}/members/{member_id}/withdraw/{first_id}/"),
    Row("POST /groups/{group_id}/members/{member_id}/comments/{first_id}/ text=Hello"),
    Row("POST /groups/{group_id}/replies/{first_id}/ text=Hello"),
    Row("POST /groups/{group_id}/email/ wants_email=on"),
    Row("POST /groups/comments/1/delete/"),
    Row("POST /groups/work/{first_id}/ url=https://work.example/"),
    # The admin
    Row("GET {admin}roadmaps/roadmap/"),
    Row("GET {admin}roadmaps/roadmap/{roadmap_id}/change/"),
    Row("GET {admin}roadmaps/step/{second_id}/change/"),
]
CARD = "GET /roadmaps/{road}/card.png"  # its words are in a picture
# Addresses that have nothing to do with roadmaps. Those without parameters are opened.
OTHERS = {
    *("theme", "privacy", "favicon", "card", "project", "robots", "sitemap"),
    *("account_my_data", "account_upload", "account_settings", "account_signed_in"),
    *("account_sign_out_device", "account_sign_out_others", "account_delete"),
    *("account_deleted", "account_login", "account_logout", "account_inactive"),
    *("account_request_login_code", "account_confirm_login_code"),
    *("account_reauthenticate", "account_reauthenticate_by_code"),
    *("account_signup", "account_start_again", "account_email"),
    *("account_email_verification_sent", "account_change_password"),
    *("account_set_password", "account_reset_password"),
    *("account_confirm_password_reset_code", "account_complete_password_reset"),
    *("account_password_reset_completed", "usersessions_list"),
    *("mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp"),
    *("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_login_webauthn"),
    *("mfa_reauthenticate_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
    *("socialaccount_connections", "socialaccount_signup"),
    *("socialaccount_login_cancelled", "socialaccount_login_error"),
    *("github_login", "github_callback", "google_login", "google_callback"),
    *("organisation_login", "organisation_callback"),
}


def word(kind, name):
    """The word of one text, such as GROUPSSUMMARY; of a slug, such as groups-road."""
    return (
        f"{kind}-{name}" if name.islower() else f"{kind.replace('-', '')}{name}".upper()
    )


def find_words(kind, text):
    """The names of the texts of this kind of roadmap that `text` shows."""
    return {name for name in WORDS if word(kind, name) in text}


WORDS = [
    *("road", "first", "second", "ticked", "topic"),  # slugs
    *("ROADMAP", "CATEGORY", "SUMMARY", "SECTION"),
    *("FIRST", "FIRSTSUMMARY", "TICKED", "SECOND", "SECONDSUMMARY", "BODY", "HINT"),
    *("TOPIC", "TOPICTEXT", "QUESTION", "ANSWER", "OUTCOME", "LINK"),
]


def create_roadmap(kind, group):
    """A roadmap with two steps. The first has a topic, the second has everything."""

    def text(name):
        return f"quartz{kind.replace('-', '')} {word(kind, name)}"

    roadmap = RoadmapFactory(
        slug=f"old{kind}",
        title=text("ROADMAP"),
        category=text("CATEGORY"),
        summary=text("SUMMARY"),
        is_published=kind != "draft",
        visibility="groups" if kind == "draft" else kind,
    )
    roadmap.slug = word(kind, "road")
    roadmap.save()
    section = roadmap.sections.create(slug="section", title=text("SECTION"), position=1)
    first = StepFactory(
        roadmap=roadmap,
        slug=word(kind, "first"),
        title=text("FIRST"),
        summary=text("FIRSTSUMMARY"),
    )
    TopicFactory(step=first, slug=word(kind, "ticked"), title=text("TICKED"), text="")
    second = StepFactory(
        roadmap=roadmap,
        section=section,
        slug=word(kind, "second"),
        title=text("SECOND"),
        summary=text("SECONDSUMMARY"),
        hints=[text("HINT")],
        **dict.fromkeys(TEXT_FIELDS, text("BODY")),
    )
    TopicFactory(
        step=second,
        slug=word(kind, "topic"),
        title=text("TOPIC"),
        text=text("TOPICTEXT"),
    )
    Question.objects.create(
        step=second, question=text("QUESTION"), answer=text("ANSWER")
    )
    DoneWhen.objects.create(step=second, text=text("OUTCOME"))
    Resource.objects.create(
        step=second, title=text("LINK"), url="https://link.example/", kind="docs"
    )
    AssignmentFactory(
        group=group, roadmap=roadmap, due_on=timezone.localdate() + timedelta(30)
    )
    return roadmap


class Site(NamedTuple):
    """The roadmaps by kind, and the words and ids that requests have in braces."""

    roadmaps: dict
    fields: dict  # by kind of roadmap


@pytest.fixture
def people(db):
    return {
        person: None if person == "visitor" else UserFactory(is_staff=person == "staff")
        for person in SEES
    }


@pytest.fixture
def site(people):
    group = GroupFactory()
    roadmaps = {kind: create_roadmap(kind, group) for kind in KINDS}
    # The public roadmap leads to all others.
    step = roadmaps["public"].steps.get(slug="public-second")
    step.needs = [f"{kind}-road/{kind}-second" for kind in KINDS if kind != "public"]
    step.same_as = "groups-road/groups-first"
    step.save()
    invitation = group.invitations.create()
    member = MembershipFactory(
        user=people["member"], group=group, showing=group.assignments.all()
    )
    MembershipFactory(user=people["mentor"], group=group, role=Role.MENTOR)
    MembershipFactory(user=people["owner"], group=group, role=Role.OWNER)
    MembershipFactory(user=people["stranger"])  # of another group
    people["staff"].is_superuser = True
    people["staff"].save()
    fields = {}
    for kind, roadmap in roadmaps.items():
        first, second = roadmap.steps.all()
        for person in LEARNERS:
            StepProgressFactory(user=people[person], step=first)
            people[person].topic_checks.create(topic=first.topics.get())
            NoteFactory(user=people[person], step=first)
        fields[kind] = {
            "quartz": f"quartz{kind.replace('-', '')}",
            "old": f"old{kind}",
            "road": roadmap.slug,
            "roadmap_id": roadmap.pk,
            "first": first.slug,
            "first_id": first.pk,
            "second": second.slug,
            "second_id": second.pk,
            "topic_id": second.topics.get().pk,
            "group_id": group.pk,
            "assignment_id": group.assignments.get(roadmap=roadmap).pk,
            "invitation": invitation.token,
            "invitation_id": invitation.pk,
            "member_id": member.pk,
            "admin": f"/{settings.ADMIN_PATH}",
        }
    return Site(roadmaps, fields)


@pytest.fixture
def sign_in(people, site):
    """A function that returns a client of one of the people."""

    def sign_in(person):
        client = Client()
        if user := people[person]:
            client.force_login(user)
            reauthenticate(client)
        return client

    return sign_in


def send(client, request):
    """Return the response to such a request as in ROWS. It changes nothing for long."""
    method, path, *data = request.split(" ", 2)
    headers = {"Sec-Fetch-Site": "same-origin"}
    with transaction.atomic():
        if method == "POST":
            form = (
                dict(pair.split("=", 1) for pair in data[0].split("&")) if data else {}
            )
            response = client.post(path, form, headers=headers)
        else:
            headers |= {"HX-Request": "true"} if method == "HTMX" else {}
            response = client.get(path, headers=headers)
        transaction.set_rollback(True)
    return response


def read(response, request):
    """The headers and the body, without the address that was asked for."""
    path = request.split(" ")[1].partition("?")[0]
    body = response.content.decode(errors="replace")
    text = "\n".join([*(f"{name}: {value}" for name, value in response.items()), body])
    return text.replace(path, "…").replace(quote(path, safe=""), "…")


def assert_keeps_secrets(person, request, response, tells=()):
    text = read(response, request)
    for kind in KINDS:
        shown = find_words(kind, text)
        if kind not in SEES[person]:
            known = OWN_NAMES if person in LEARNERS else NAMES
            secrets = shown - (known if person in tells else set())
            assert not secrets, f"{person}: {request} shows {secrets} of {kind}"
        if shown and kind != "public":
            header = response["Cache-Control"]
            assert "no-store" in header, f"{person}: {request} of {kind} is {header}"


@pytest.mark.parametrize("person", SEES)
def test_who_sees_what(person, sign_in, site):
    client = sign_in(person)
    for row in ROWS:
        requests = {kind: row.request.format(**site.fields[kind]) for kind in KINDS}
        responses = {
            request: send(client, request)
            for request in dict.fromkeys(requests.values())
        }
        for request, response in responses.items():
            assert response.status_code < 500, request
            assert_keeps_secrets(person, request, response, row.tells)
        for kind in SEES[person] if row.shows else ():
            text = read(responses[requests[kind]], requests[kind])
            assert word(kind, row.shows) in text, f"{person}: {requests[kind]}"
    for kind in KINDS:
        card = send(client, CARD.format(**site.fields[kind]))
        assert card.status_code == (200 if kind in SEES[person] else 404)
        assert ("public" in card["Cache-Control"]) == (kind == "public")


@pytest.mark.parametrize("person", SEES)
def test_other_pages_show_nothing(person, sign_in, site):
    client = sign_in(person)
    for name in sorted(OTHERS):
        try:
            request = f"GET {reverse(name)}"
        except NoReverseMatch:  # it has parameters
            continue
        text = read(send(client, request), request)
        for kind in {*KINDS} - {"public"}:  # the sitemap has the public ones
            assert not find_words(kind, text), f"{person}: {request}"


@pytest.mark.parametrize("person", ["visitor", "owner"])
def test_the_admin_is_for_staff(person, sign_in, site):
    client, of_draft = sign_in(person), site.fields["draft"]
    kwargs = {"object_id": of_draft["second_id"], "pk": of_draft["roadmap_id"]}
    for name, parameters in list_addresses():
        if not name.startswith("admin:") or not parameters <= kwargs.keys():
            continue
        values = {parameter: kwargs[parameter] for parameter in parameters}
        request = f"GET {reverse(name, kwargs=values)}"
        assert_keeps_secrets(person, request, send(client, request))


@pytest.mark.parametrize("person", ["visitor", "stranger"])
def test_a_stranger_cannot_tell_it_from_an_unknown_address(person, sign_in, site):
    client = sign_in(person)
    for path in ("/roadmaps/{}/", "/roadmaps/{}/card.png", "/roadmaps/{}/step/"):
        for kind in ("groups", "draft"):
            answers = []
            for slug in (f"{kind}-road", f"{kind}-rood"):
                response = client.get(path.format(slug))
                assert response.status_code == 404
                headers = dict(response.headers)
                number = headers.pop("X-Request-ID")
                headers.pop("ETag", None)  # a hash of the address that was asked for
                body = re.sub(f'{number}|{slug}|value="[^"]{{64}}"', "…", response.text)
                answers.append((headers, body))  # without the CSRF token
            assert answers[0] == answers[1]


def list_addresses(resolver=None, namespace=""):
    """Yield the name of each URL pattern that has one, and its parameters."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = (
                f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            )
            yield from list_addresses(pattern, inner)
        elif pattern.name:
            regex = pattern.pattern.regex
            yield f"{namespace}{pattern.name}", regex.groupindex.keys()


def test_every_address_is_in_one_of_the_lists():
    """A new one belongs in ROWS, or in OTHERS if it shows nothing of a roadmap."""
    ids = ["group", "member", "assignment", "invitation"]
    ids += ["roadmap", "first", "second", "topic"]
    fields = {f"{name}_id": 1 for name in ids}
    fields |= dict.fromkeys([*WORDS, "quartz", "old", "invitation"], "a")
    fields["admin"] = f"/{settings.ADMIN_PATH}"
    requests = [CARD, *(row.request for row in ROWS)]
    paths = [request.format(**fields).split(" ")[1] for request in requests]
    opened = {resolve(path.partition("?")[0]).view_name for path in paths}
    names = {name for name, _ in list_addresses()}
    of_the_admin = {name for name in names if name.startswith("admin:")}
    assert names - of_the_admin - opened - OTHERS == set()
    assert OTHERS - names == set()


def test_there_is_a_roadmap_of_each_visibility():
    assert {*KINDS} == {*Visibility.values, "draft"}
