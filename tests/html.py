"""Read the HTML of responses."""

import re


def decode(response):
    """The HTML without `bdi` and `dir="auto"`, which test_text_direction.py checks."""
    return re.sub(r'</?bdi>| dir="auto"', "", response.content.decode())


def read_html(response):
    """The HTML with single spaces, so that tests do not depend on line breaks."""
    html = re.sub(r"\s+", " ", decode(response))
    html = re.sub(r"(<\w[^>]*?) ?> ?", r"\1>", html)  # inside and after opening tags
    return html.replace(" </", "</")
