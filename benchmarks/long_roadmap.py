"""Print the file of a long roadmap, to import and measure.

    .venv/bin/python -m benchmarks.long_roadmap > long.yaml

It has 300 steps in 15 sections. Every step has every part and nine topics; the seventh
has 40. The output is the same every time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

SLUG, TITLE = "long-roadmap", "Long Roadmap"
STEPS, SECTIONS = 300, 15
TOPICS, MOST_TOPICS, QUESTIONS = 9, 40, 5
WORDS = """
    request answer cache index query thread queue message token header cluster shard
    replica lock pointer stack buffer socket packet proxy schema column trigger event
    stream batch cursor branch commit merge review metric trace alert budget deadline
    retry backup snapshot journal parser lexer grammar kernel driver signal process
    vector matrix sample model feature label gradient layer graph node edge path
    """


class Words:
    """An endless sequence of words without a visible pattern."""

    def __init__(self) -> None:
        self._words = self._choose()

    @staticmethod
    def _choose() -> Iterator[str]:
        state, words = 1, WORDS.split()
        while True:
            state = (1_103_515_245 * state + 12_345) % 2**31
            yield words[(state >> 16) % len(words)]

    def take(self, count: int) -> str:
        return " ".join(islice(self._words, count))

    def title(self, count: int = 3) -> str:
        return self.take(count).title()

    def sentence(self, count: int = 12) -> str:
        return f"{self.take(count).capitalize()}."


def write_step(words: Words, number: int) -> Iterator[str]:
    """The lines of one step."""
    section = (number - 1) * SECTIONS // STEPS + 1
    yield f"  - slug: step-{number}"
    yield f"    title: {words.title()}"
    yield f"    summary: {words.sentence(9)}"
    yield f"    section: section-{section}"
    if number % 3 == 0:
        yield "    optional: true"
    yield f"    hours: {2 + number % 5}-{7 + number % 6}"
    if number > 1:
        yield "    needs:"
        yield f"      - {SLUG}/step-{number - 1}"
    for part in ("skip_if", "why", "primer", "exercise", "stretch", "mistakes"):
        yield f"    {part}: {words.sentence(40)}"
    yield "    hints:"
    yield f"      - {words.sentence()}"
    yield "    topics:"
    for topic in range(1, (MOST_TOPICS if number == 7 else TOPICS) + 1):
        yield f"      - slug: topic-{topic}"
        yield f"        title: {words.title()}"
        yield f"        text: {words.sentence(18)}"
        yield "        url: https://example.org/"
    yield "    questions:"
    for _ in range(QUESTIONS):
        yield f"      - question: {words.take(8).capitalize()}?"
        yield f"        answer: {words.sentence(25)}"
    yield "    done_when:"
    for _ in range(3):
        yield f"      - {words.take(8)}"
    yield "    resources:"
    for role in ("start", "practise", "reference"):
        yield f"      - title: {words.title(4)}"
        yield f"        url: https://example.org/{number}/{role}"
        yield "        kind: docs"
        yield f"        role: {role}"
        yield "        minutes: 20"


def write_roadmap(steps: int = STEPS) -> str:
    """The file, with as many steps."""
    words = Words()
    lines = [
        f"slug: {SLUG}",
        f"title: {TITLE}",
        "category: Benchmarks",
        "icon: 🧭",
        f"summary: {words.sentence()}",
        "published: true",
        "sections:",
    ]
    for section in range(1, SECTIONS + 1):
        lines += [f"  - slug: section-{section}", f"    title: {words.title(2)}"]
    lines.append("steps:")
    for number in range(1, steps + 1):
        lines += write_step(words, number)
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(write_roadmap())
