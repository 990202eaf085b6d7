"""Text as PostgreSQL searches it: every word twice, by its stem and as it is written.

By the stem "caches" finds "caching"; as it is written "authentica", still being typed,
finds "authentication", whose stem is "authent". Migration 0003 makes the functions.
"""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, GeneratedField, TextField, Value


def text_of_html(name: str) -> Func:
    """What a field's own, sanitised HTML says."""
    return Func(name, function="cairn_text_of_html", output_field=TextField())


def words(text: str | Func, weight: str) -> Func:
    """The words of a text; `weight`, from A to D, is what a hit in it counts."""
    return Func(
        text, Value(weight), function="cairn_words", output_field=SearchVectorField()
    )


class VectorField(GeneratedField):
    """The words of a row's texts, which PostgreSQL keeps."""

    def __init__(self, *words: Func, **kwargs: Any) -> None:
        if words:
            kwargs["expression"] = Func(
                *words, template="%(expressions)s", arg_joiner=" || "
            )
        kwargs |= {"output_field": SearchVectorField(), "db_persist": True}
        super().__init__(**kwargs)
