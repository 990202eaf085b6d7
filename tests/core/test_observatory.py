"""The rules of MDN's HTTP Observatory, held against answers of production.

After src/analyzer/tests and src/grader/charts.js of its repository, October 2026.
A site begins with 100 points; those that are gained count only for one that lost no
more than 10. What cannot be told here is taken for the worse: no host is preloaded.
"""

import re
from http.cookies import SimpleCookie

import pytest
from django.test import Client

from tests.factories import UserFactory
from tests.production import SECRET_KEY

BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*"}
BROAD |= {"https://*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
SIX_MONTHS = 15_552_000  # seconds
PRIVATE = {"no-referrer", "same-origin", "strict-origin"}
PRIVATE |= {"strict-origin-when-cross-origin"}


def content_security_policy(answer):
    [header] = answer.headers.get_all("Content-Security-Policy") or [""]
    policy = {}
    for directive in filter(None, header.split(";")):
        name, *sources = directive.split()
        if name in policy:
            return 0  # duplicate directives
        policy[name] = set(sources)
    if not policy:
        return -25
    default = policy.get("default-src", {"*"})
    script = policy.get("script-src", default)
    style = policy.get("style-src", default)
    objects = policy.get("object-src", default)
    passive = policy.get("img-src", default) | policy.get("media-src", default)
    insecure = ("http:", "ftp:")
    active = set().union(*(policy[name] for name in policy if name != "img-src"))
    if script & (BROAD | INLINE) or objects & BROAD:
        return -20
    if any(source.startswith(insecure) for source in active):
        return -20
    if "'unsafe-eval'" in script | style:
        return -10
    if any(source.startswith(insecure) for source in passive):
        return -10
    if style & (BROAD | INLINE):
        return 0
    return 10 if default == {"'none'"} else 5


def cookies(answer):
    points = []
    for header in answer.headers.get_all("Set-Cookie") or []:
        for name, cookie in SimpleCookie(header).items():
            is_session = "login" in name.lower() or "sess" in name.lower()
            if is_session and not cookie["secure"]:
                points.append(-40)
            elif is_session and not cookie["httponly"]:
                points.append(-30)
            elif not cookie["secure"] or (
                "csrf" in name.lower() and not cookie["samesite"]
            ):
                points.append(-20)
            else:
                points.append(5 if cookie["samesite"] else 0)
    return min(points, default=0)


def strict_transport_security(answer):
    age = re.search(r"max-age=(\d+)", answer.headers["Strict-Transport-Security"] or "")
    if not age:
        return -20
    return 0 if int(age[1]) >= SIX_MONTHS else -10


def scripts(answer):
    """Of one's own origin, without a hash: no point and no loss; of others: a loss."""
    addresses = re.findall(rb'<script[^>]* src="([^"]+)"', answer.body)
    return -5 if any(re.match(rb"//|https?:", each) for each in addresses) else 0


def frames(answer):
    ancestors = re.search(
        "frame-ancestors ([^;]+)", answer.headers["Content-Security-Policy"] or ""
    )
    if ancestors and not set(ancestors[1].split()) & BROAD:
        return 5
    return 5 if answer.headers["X-Frame-Options"] in ("DENY", "SAMEORIGIN") else -20


def one_of(name, good, points, missing=0, else_=0):
    def rule(answer):
        value = answer.headers[name]
        if value is None:
            return missing
        return points if value in good else else_

    return rule


RULES = [
    content_security_policy,
    cookies,
    strict_transport_security,
    scripts,
    frames,
    one_of("X-Content-Type-Options", {"nosniff"}, 0, missing=-5, else_=-5),
    one_of("Referrer-Policy", PRIVATE, 5, else_=-5),
    one_of("Cross-Origin-Resource-Policy", {"same-origin", "same-site"}, 10),
    one_of("Cross-Origin-Opener-Policy", {"same-origin"}, 10),
    one_of("Cross-Origin-Embedder-Policy", {"require-corp", "credentialless"}, 10),
    one_of("Access-Control-Allow-Origin", set(), 0, else_=-50),
]


def score(answer):
    points = [rule(answer) for rule in RULES]
    lost = sum(point for point in points if point < 0)
    return 100 + (sum(points) if lost >= -10 else lost)


@pytest.fixture
def session(transactional_db, settings):
    settings.SECRET_KEY = SECRET_KEY
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return {"Cookie": f"__Host-session={client.cookies['sessionid'].value}"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/search/?q=cache", 200),
        ("/accounts/login/", 200),
        ("/accounts/signup/", 200),
        ("/accounts/password/reset/", 200),
        ("/nope/", 404),
        ("/search/?q=%00", 400),
    ],
)
def test_visitors_pages(site, transactional_db, path, status):
    answer = site.get(path)
    assert answer.status == status
    assert score(answer) >= 130


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/progress/", 200), ("/nope/", 404)],
)
def test_a_signed_in_persons_pages(site, session, path, status):
    answer = site.get(path, headers=session)
    assert answer.status == status
    assert score(answer) >= 130


def test_the_admin(site, session):
    answer = site.get("/admin/", headers=session)
    assert answer.status < 500
    assert score(answer) >= 130


def test_the_page_of_a_missing_method(site):
    assert score(site.request("TRACE", "/")) >= 130


def test_the_rules_find_fault(site, transactional_db):
    answer = site.get("/")
    del answer.headers["Content-Security-Policy"]
    assert score(answer) < 130
