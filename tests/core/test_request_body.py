"""A request's body is complete, and all of it is read."""

from io import BytesIO

import pytest

from core.request_body import read_whole_body


def serve(application, body, length, limit=10_000_000):
    """Return the stream after the request, and the response."""
    stream = BytesIO(body)
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": length}
    return stream, read_whole_body(application, limit)(environ, None)


def read(environ, _):
    return [environ["wsgi.input"].read()]


def ignore(*_):
    return [b"not found"]


def test_a_body_arrives_as_it_was_sent():
    _, response = serve(read, b"text=all", "8")
    assert response == [b"text=all"]


@pytest.mark.parametrize("length", ["", "0", "-1", "many", "9" * 5000])
def test_a_request_may_have_no_body(length):
    _, response = serve(read, b"", length)
    assert response == [b""]


def test_a_body_that_was_broken_off_is_never_taken_for_a_whole_one():
    with pytest.raises(OSError, match="broke off"):
        serve(read, b"text=al", "8")


def test_what_a_view_ignores_is_read_before_the_response_is_sent():
    stream, response = serve(ignore, b"x" * 3_000_000, "3000000")
    assert response == [b"not found"]
    assert stream.read() == b""


def test_a_body_that_is_refused_for_its_size_is_not_read():
    stream, response = serve(ignore, b"x" * 100, "100", limit=50)
    assert response == [b"not found"]
    assert len(stream.read()) == 100


def test_a_client_may_break_off_what_a_view_ignores():
    _, response = serve(ignore, b"text", "3000000")
    assert response == [b"not found"]
