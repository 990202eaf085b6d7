"""Read the forms of a page, with what a browser would submit."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from tests.fuzz.strategies import Pairs


@dataclass
class Form:
    method: str
    path: str
    pairs: Pairs = field(default_factory=list)


class FormParser(HTMLParser):
    """Collects the POST forms of a page.

    Every button counts as pressed, so a field that only a button has is there too.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self.select = ""
        self.textarea = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = {name: value or "" for name, value in attrs}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        match tag:
            case "form":
                action = urljoin(self.path, attributes.get("action", ""))
                method = attributes.get("method", "get").upper()
                self.forms.append(Form(method, action))
            case "select":
                self.select = name
            case "option" if self.select and "selected" in attributes:
                self.add(self.select, value)
            case "textarea":
                self.textarea = name
                self.add(name, "")
            case "input" | "button" if name:
                is_choice = attributes.get("type") in ("checkbox", "radio")
                if not is_choice or "checked" in attributes:
                    self.add(name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea and self.forms:
            name, value = self.forms[-1].pairs[-1]
            self.forms[-1].pairs[-1] = name, value + data

    def add(self, name: str, value: str) -> None:
        if self.forms:
            self.forms[-1].pairs.append((name, value))


def read_forms(html: str, path: str) -> list[Form]:
    """Return the forms of the page at `path` that are sent by POST."""
    parser = FormParser(path)
    parser.feed(html)
    return [form for form in parser.forms if form.method == "POST"]
