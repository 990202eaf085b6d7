"""Malformed and unusual requests, sent as bytes to granian in production mode."""

import re

import pytest

from tests.production import Site

HOST = b"Host: localhost\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CSRF_HEADERS = (
    b"Origin: https://localhost\r\nCookie: __Host-csrf=" + b"a" * 32 + b"\r\n"
)
LOGIN = b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + CSRF_HEADERS + FORM
FIELDS = b"&".join(b"field%d=x" % number for number in range(2000))
MULTIPART = b"Content-Type: multipart/form-data; boundary=b\r\n"
HEADERS = {
    b"content-security-policy": b"default-src 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"strict-transport-security": b"max-age=31536000",
}
GRANIAN_STATUSES = {400, 414, 431}  # granian may send these itself, without a page


def build_get(target, headers=b""):
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n"


def build_post(body, head=LOGIN):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def status_of(response):
    assert response.startswith(b"HTTP/1.1 "), response[:200]
    return int(response.split(b" ", 2)[1])


REQUESTS = {
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "TRACK": (b"TRACK / HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "an unknown method": (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", {403, 405}),
    "an unknown host": (
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Proto: https\r\n"
        b"Connection: close\r\n\r\n",
        {400},
    ),
    "no host": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", {400}),
    "a NUL in the path": (build_get(b"/%00"), {404}),
    "a NUL in a slug": (build_get(b"/roadmaps/%00/"), {404}),
    "a NUL in a query": (build_get(b"/search/?q=%00"), {400}),
    "a NUL in a body": (build_post(b"login=%00&password=x"), {403}),
    "bad UTF-8 in the path": (build_get(b"/%ff%fe"), {400, 404}),
    "raw bytes in the path": (build_get(b"/\xff\xfe"), {400, 404}),
    "bad UTF-8 in a query": (build_get(b"/search/?q=%ff"), {200, 400}),
    "raw bytes in a query": (build_get(b"/search/?q=\xff\xfe"), {200, 400}),
    "bad UTF-8 in a body": (build_post(b"login=%ff"), {403}),
    "bad UTF-8 in a cookie": (
        build_get(b"/", b"Cookie: theme=\xff\xfe\r\n"),
        {200, 400},
    ),
    "an unknown charset": (
        build_post(
            b"login=a", LOGIN.replace(b"urlencoded", b"urlencoded; charset=bogus")
        ),
        {400, 403},
    ),
    "a part that never ends": (
        build_post(b"--b\r\nContent-Disposition: form-data", LOGIN + MULTIPART),
        {400, 403},
    ),
    "a missing boundary": (
        build_post(b"x", LOGIN.replace(FORM, b"Content-Type: multipart/form-data\r\n")),
        {400, 403},
    ),
    "a path of 9 kB": (build_get(b"/" + b"a" * 9000), {404, 414}),
    "a query of 9 kB": (build_get(b"/?q=" + b"a" * 9000), {200, 414}),
    "a path of 70 kB": (build_get(b"/" + b"a" * 70_000), {404, 414}),
    "a body of 5 MB": (build_post(b"x=" + b"a" * 5_000_000), {400, 413}),
    "2,000 fields": (build_post(FIELDS), {400}),
    "an invalid length": (
        LOGIN + b"Content-Length: lots\r\n\r\nx",
        {400},
    ),
    "an invalid date": (build_get(b"/", b"If-Modified-Since: yesterday\r\n"), {200}),
    "an invalid range": (
        build_get(b"/", b"Range: bytes=9-1\r\n"),
        {200},
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_response_has_the_right_status_and_a_page(production_site: Site, name):
    request, expected = REQUESTS[name]
    response = production_site.send(request)
    assert status_of(response) in expected, response[:300]
    if status_of(response) not in GRANIAN_STATUSES:
        assert b'class="brand"' in response


@pytest.mark.parametrize(
    "target",
    [b"/", b"/nope/", b"/accounts/login/", b"/admin/", b"/robots.txt", b"/%00"],
)
def test_every_response_has_the_security_headers(production_site: Site, target):
    assert_security_headers(production_site.send(build_get(target)))


def test_static_files_have_the_security_headers(production_site: Site):
    page = production_site.send(build_get(b"/search/"))
    files = set(re.findall(rb'"(/static/[^"]+\.(?:css|js))"', page))
    assert len(files) >= 4
    for file in files:
        response = production_site.send(build_get(file))
        assert status_of(response) == 200
        assert_security_headers(response)
    assert_security_headers(production_site.send(build_get(b"/static/nothing.css")))


def assert_security_headers(response):
    headers = dict(
        line.lower().split(b": ", 1)
        for line in response.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]
    )
    for name, value in HEADERS.items():
        assert value in headers[name]


def test_http_redirects_to_https(production_site: Site):
    response = production_site.send(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert status_of(response) == 301
    assert b"https://localhost/" in response
