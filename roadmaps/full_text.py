"""Full-text search in PostgreSQL. Every word is indexed by its stem and as written.

Stems let "caches" find "caching". Words as written let "authentica", while somebody is
still typing, find "authentication", whose stem is "authent". Migration 0002 creates the
SQL functions.
"""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, GeneratedField, TextField, Value


def html_to_text(name: str) -> Func:
    """Return the text of a field that holds HTML from roadmaps/markdown.py."""
    return Func(name, function="cairn_html_to_text", output_field=TextField())


def weighted_vector(text: str | Func, weight: str) -> Func:
    """Return a text's search vector. Words of weight A rank highest, of D lowest."""
    return Func(
        text,
        Value(weight),
        function="cairn_weighted_vector",
        output_field=SearchVectorField(),
    )


class GeneratedSearchVectorField(GeneratedField):
    """The concatenated vectors, which PostgreSQL updates with the row."""

    def __init__(self, *vectors: Func, **kwargs: Any) -> None:
        if vectors:
            kwargs["expression"] = Func(
                *vectors, template="%(expressions)s", arg_joiner=" || "
            )
        kwargs |= {"output_field": SearchVectorField(), "db_persist": True}
        super().__init__(**kwargs)
