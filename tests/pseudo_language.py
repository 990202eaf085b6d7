"""A language in which every translated string shows, to find those that are not marked.

A translated string comes in brackets and with accents: "Mark done" is "⟦Ɱåřķ đöñé⟧". A
test writes its content in Greek, so each plain Latin letter on a page belongs to a
string that nobody can translate.
"""

import gettext
import json
import re
from contextlib import contextmanager
from html.parser import HTMLParser

from django.utils import translation
from django.utils.translation import trans_real

LANGUAGE = "xx"
ACCENTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "åƀçđéƒğĥîĵķļɱñöþɋřšţûṽŵẋýžÅƁÇĐÉƑĞĤÎĴĶĻⱮÑÖÞɊŘŠŢÛṼŴẊÝŽ",
)
# What a translator leaves as it is: placeholders, tags, entities and addresses.
UNTRANSLATED = re.compile(
    r"(%\(\w+\)[a-z]|%[ds%]|\{\w*\}|<[^>]+>|&#?\w+;|https?://\S+|\S+@\S+\.\S+)"
)
# Latin letters that are not words: web addresses, email addresses, hosts, files and
# placeholders.
EXPECTED = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+|\b[\w-]+\.(?:example|json|csv|yaml)\b|\{\w+\}|/[\w/.?=&-]+"
)
# The text of these elements is code, or for programs.
WITHOUT_TEXT = {"code", "kbd", "pre", "script", "style", "textarea", "template"}
SHOWN_ATTRIBUTES = {"alt", "aria-label", "label", "placeholder", "title"}
BARE = re.compile(r"[A-Za-z]+(?:[ ,.'-]+[A-Za-z]+)*")


class PseudoTranslation(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        _, _, text = message.rpartition(trans_real.CONTEXT_SEPARATOR)
        parts = UNTRANSLATED.split(text)
        parts[::2] = [part.translate(ACCENTED) for part in parts[::2]]
        return f"⟦{''.join(parts)}⟧"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)

    def language(self) -> str:
        return LANGUAGE

    def to_language(self) -> str:
        return LANGUAGE


@contextmanager
def pseudo_language():
    """Make the pseudo-language the active one."""
    trans_real._translations[LANGUAGE] = PseudoTranslation()
    try:
        with translation.override(LANGUAGE):
            yield
    finally:
        del trans_real._translations[LANGUAGE]


class VisibleText(HTMLParser):
    """Collects what a person can see or hear: text, attributes and JavaScript's texts.

    A `data-` attribute, or a value in its JSON, counts as a text for JavaScript if it
    has a space.
    """

    def __init__(self, html: str):
        super().__init__()
        self.texts: list[str] = []
        self.hidden: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag in WITHOUT_TEXT:
            self.hidden.append(tag)
        for name, value in attributes.items():
            if name in SHOWN_ATTRIBUTES:
                self.texts.append(value)
            elif name.startswith("data-"):
                self.texts += [text for text in find_strings(value) if " " in text]
        named = attributes.get("name", attributes.get("property", ""))
        if tag == "meta" and named.endswith(("description", "title", "alt")):
            self.texts.append(attributes.get("content", ""))
        if tag == "input" and attributes.get("type") in ("submit", "button", "reset"):
            self.texts.append(attributes.get("value", ""))

    def handle_endtag(self, tag):
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data):
        if not self.hidden:
            self.texts.append(data)


def find_strings(value: str) -> list[str]:
    """Return the strings in a value of JSON, or the value itself if it is none."""
    strings: list[str] = []

    def collect(content):
        if isinstance(content, dict):
            for each in content.values():
                collect(each)
        elif isinstance(content, list):
            for each in content:
                collect(each)
        elif isinstance(content, str):
            strings.append(content)

    try:
        collect(json.loads(value))
    except ValueError:
        return [value]
    return strings


def find_bare_english(text: str, *expected: str) -> list[str]:
    """Return the runs of plain Latin letters in a text, but for the `expected` ones."""
    for word in expected:
        text = text.replace(word, "")
    return BARE.findall(EXPECTED.sub("", text))


def assert_page_is_translated(response, *expected: str) -> None:
    """Fail if the page, or the part of it, has a string that is not translated.

    `expected` are texts that may stay, such as the names of products.
    """
    html = response.content.decode()
    bare = [
        found
        for text in VisibleText(html).texts
        for found in find_bare_english(text, *expected)
    ]
    assert bare == [], bare
    assert "⟦" in html, response


def assert_mail_is_translated(message, *expected: str) -> None:
    """Fail if the mail's subject, text or HTML has a string that is not translated."""
    texts = [message.subject, message.body]
    for html, _ in getattr(message, "alternatives", []):
        texts += VisibleText(html).texts
    bare = [found for text in texts for found in find_bare_english(text, *expected)]
    assert bare == [], bare
