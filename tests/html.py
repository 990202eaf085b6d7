"""Read the HTML of responses."""

import re


def read_html(response):
    """The HTML with single spaces, so that tests do not depend on line breaks."""
    html = re.sub(r"\s+", " ", response.content.decode())
    html = re.sub(r"(<\w[^>]*?) ?> ?", r"\1>", html)  # inside and after opening tags
    return html.replace(" </", "</")
