"""Full-text search in PostgreSQL, with every word both as its stem and as written.

Stems let "caches" find "caching". Words as written let "authentica", while somebody is
still typing, find "authentication", whose stem is "authent". Migration 0002 creates the
SQL functions.
"""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, GeneratedField, TextField, Value


def text_of_html(name: str) -> Func:
    """Return the text of a field with sanitised HTML."""
    return Func(name, function="cairn_text_of_html", output_field=TextField())


def words(text: str | Func, weight: str) -> Func:
    """Return a text's search vector. Words of weight A rank highest, of D lowest."""
    return Func(
        text, Value(weight), function="cairn_words", output_field=SearchVectorField()
    )


class VectorField(GeneratedField):
    """A search vector that PostgreSQL updates with the row."""

    def __init__(self, *words: Func, **kwargs: Any) -> None:
        if words:
            kwargs["expression"] = Func(
                *words, template="%(expressions)s", arg_joiner=" || "
            )
        kwargs |= {"output_field": SearchVectorField(), "db_persist": True}
        super().__init__(**kwargs)
