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
FIELDS = b"&".join(b"field%d=x" % number for number in range(6000))
MULTIPART = b"Content-Type: multipart/form-data; boundary=b\r\n"
FORM_TYPE = b"application/x-www-form-urlencoded"
CONTENT_TYPES = [
    b"a/b; charset=rot13",
    FORM_TYPE + b"; charset=rot13",
    FORM_TYPE + b"; charset=utf-16",
    FORM_TYPE + b"; charset=bogus",
    FORM_TYPE + b"; charset*=rot13''%41",
    FORM_TYPE + b"; x=" + b"a" * 20_000,
    b"multipart/form-data",
    b"multipart/form-data; boundary=",
    b"multipart/form-data; boundary=" + b"b" * 300,
]
HEADERS = {
    b"content-security-policy": b"default-src 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"strict-transport-security": b"max-age=31536000",
}
# granian answers these itself, without a page: it cannot parse the request.
REFUSED_BY_GRANIAN = {
    "raw bytes in the path",
    "raw bytes in a query",
    "a path of 70 kB",
    "an invalid length",
}


def build_get(target, headers=b""):
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n"


def build_get_from(host):
    return build_get(b"/").replace(b"Host: localhost", b"Host: " + host)


def build_head(method, target, content_type):
    lines = [method.encode() + b" " + target + b" HTTP/1.1", HOST + CSRF_HEADERS]
    return b"\r\n".join([*lines, b""]).replace(b"\r\n\r\n", b"\r\n") + (
        b"Content-Type: " + content_type + b"\r\n"
    )


def build_post(body, head=LOGIN):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def status_of(response):
    assert response.startswith(b"HTTP/1.1 "), response[:200]
    return int(response.split(b" ", 2)[1])


REQUESTS = {
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "TRACK": (b"TRACK / HTTP/1.1\r\n" + HOST + b"\r\n", {405}),
    "an unknown method": (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", {403, 405}),
    "an unknown host": (build_get_from(b"evil.example"), {400}),
    "another port": (build_get_from(b"localhost:6666"), {400}),
    "a port of 5,000 digits": (build_get_from(b"localhost:" + b"1" * 5000), {400}),
    "a host that cannot be parsed": (build_get_from(b"[x"), {400}),
    "no host": (build_get(b"/").replace(b"Host: localhost\r\n", b""), {400}),
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
    **{
        f"{method} with {content_type[-30:].decode('latin-1')}": (
            build_post(
                b"login=a", build_head(method, b"/accounts/login/", content_type)
            ),
            {400},
        )
        for content_type in CONTENT_TYPES
        for method in ("GET", "POST")
    },
    "a form in UTF-8": (
        build_post(
            b"login=a",
            build_head("POST", b"/accounts/login/", FORM_TYPE + b"; charset=UTF-8"),
        ),
        {403},
    ),
    "a next that cannot be parsed": (
        build_get(b"/accounts/login/?next=//[x]"),
        {200},
    ),
    "an origin that cannot be parsed": (
        build_post(b"login=a", LOGIN.replace(b"https://localhost", b"https://[x")),
        {403},
    ),
    "a referer that cannot be parsed": (
        build_post(
            b"login=a",
            LOGIN.replace(b"Origin: https://localhost", b"Referer: https://[x"),
        ),
        {403},
    ),
    "a current address that cannot be parsed": (
        build_get(b"/", b"HX-Request: true\r\nHX-Current-URL: http://[x\r\n"),
        {200},
    ),
    "a part that never ends": (
        build_post(b"--b\r\nContent-Disposition: form-data", LOGIN + MULTIPART),
        {400, 403},
    ),
    "a path of 9 kB": (build_get(b"/" + b"a" * 9000), {404, 414}),
    "a query of 9 kB": (build_get(b"/?q=" + b"a" * 9000), {200, 414}),
    "a path of 70 kB": (build_get(b"/" + b"a" * 70_000), {404, 414}),
    "a body of 5 MB": (build_post(b"x=" + b"a" * 5_000_000), {400, 413}),
    "6,000 fields": (build_post(FIELDS), {400}),
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
    if name not in REFUSED_BY_GRANIAN:
        assert b'class="brand"' in response
        assert_security_headers(response)
        assert b"\r\nx-request-id: " in response.lower()


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
    request = build_get(b"/").replace(b"Proto: https", b"Proto: http")
    response = production_site.send(request)
    assert status_of(response) == 301
    assert b"https://localhost/" in response
