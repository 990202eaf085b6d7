"""Full-text search in PostgreSQL. Every word is indexed by its stem and as written.

Stems let "caches" find "caching". Words as written let "authentica", while somebody is
still typing, find "authentication", whose stem is "authent". Before that, `fold` makes
different spellings of a word equal. Migration 0002 creates the SQL functions; searches
fold their words with the same ones.
"""

import functools
import re
import unicodedata
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, GeneratedField, TextField, Value

INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
# Accents, and the vowel signs of Hebrew and Arabic.
MARKS = "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670]"
# Chinese and Japanese characters, and Korean syllables.
CJK = (
    "[\u3005\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
CONSONANT = "[b-df-hj-np-tv-z]"

# What `fold` replaces in lower-case text, in order. The patterns mean the same in
# Python and in PostgreSQL. The beginning of a word must stay the beginning of it, so
# most patterns do not look at what follows.
REPLACEMENTS = [
    # Punctuation separates words. PostgreSQL would read CI/CD as a path, Node.js as a
    # host and <b> as a tag.
    ("[\x01-/:-@[-`{-\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u3004\u3006-\u303f]+", " "),
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ø", "o"),
    ("ł", "l"),
    ("[đð]", "d"),
    ("þ", "th"),
    ("\u0131", "i"),  # without a dot
    ("\u03c2", "\u03c3"),  # sigma at the end of a word
    # British and American spelling. This also changes words that have only one
    # spelling. That does no harm: they change both in the index and in the query.
    ("practis", "practic"),
    ("([a-z]{3}[iy])s", r"\1z"),  # organise, analyse
    ("([a-z]{2})our", r"\1or"),  # behaviour
    ("([a-z]{2})ou(?![a-z])", r"\1o"),  # the beginning of it
    (f"([aeiou]{CONSONANT}+[aeiou])ll", r"\1l"),  # modelling
    ("([a-z]{2}[bt])re(s?)(?![a-z])", r"\1er\2"),  # centre, fibre
    ("logue?(s?)(?![a-z])", r"log\1"),  # catalogue
    ("gramme(s?)(?![a-z])", r"gram\1"),  # programme
    ("(lic|def|off|pret)enc", r"\1ens"),  # licence
    ("artef", "artif"),
    ("dgem", "dgm"),  # judgement
    ("(?<![a-z])enquir", "inquir"),
    ("(?<![a-z])grey", "gray"),
    ("(?<![a-z])disc(s?)(?![a-z])", r"disk\1"),
]
_COMPILED = [(re.compile(pattern), new) for pattern, new in REPLACEMENTS]


@functools.lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """Return the text in the form in which searches compare it.

    In lower case, without accents, punctuation and invisible characters, and with one
    spelling for words that have a British and an American one. The SQL function
    `cairn_fold` does the same.
    """
    text = unicodedata.normalize("NFKD", re.sub(INVISIBLE, "", text))
    text = unicodedata.normalize("NFC", re.sub(MARKS, "", text)).lower()
    for pattern, new in _COMPILED:
        text = pattern.sub(new, text)
    return text.strip()


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _replaced(text: str, pattern: str, new: str) -> str:
    return f"regexp_replace({text}, {_quote(pattern)}, {_quote(new)}, 'g')"


def fold_sql() -> str:
    """Return the SQL that creates `cairn_fold(text)`: the text as `fold` returns it."""
    text = _replaced(f"normalize({_replaced('$1', INVISIBLE, '')}, NFKD)", MARKS, "")
    text = f"lower(normalize({text}, NFC))"
    for pattern, new in REPLACEMENTS:
        text = _replaced(text, pattern, new)
    return (
        "CREATE FUNCTION cairn_fold(text) RETURNS text IMMUTABLE STRICT"
        f" RETURN btrim({text})"
    )


def words_sql() -> str:
    """Return the SQL that creates `cairn_words(text)`: the folded words, with spaces.

    Chinese, Japanese and Korean text has no spaces that searches could rely on. Each
    pair of neighbouring characters becomes a word, and so does the last character. The
    last word of the text stays the last.
    """
    runs = _replaced("cairn_fold($1)", f"({CJK}+)", r" \1 ")
    pairs = f"({CJK})({CJK})"
    only_cjk = _replaced(runs, f"[^{CJK[1:]}+", " ")
    from_second = _replaced(only_cjk, f" {CJK}", " ")
    return (
        "CREATE FUNCTION cairn_words(text) RETURNS text IMMUTABLE STRICT RETURN"
        f" CASE WHEN $1 ~ {_quote(CJK)} OR $1 ~ '[\uff65-\uff9f]'"
        f" THEN {_replaced(from_second, pairs, r'\1\2 ')} || ' '"
        f" || {_replaced(runs, pairs, r'\1\2 ')}"
        " ELSE cairn_fold($1) END"
    )


def folded(name: str) -> Func:
    """Return a field's text as `fold` returns it."""
    return Func(name, function="cairn_fold", output_field=TextField())


def join_html(name: str) -> Func:
    """Return all HTML in a JSON field."""
    return Func(name, function="cairn_join_html", output_field=TextField())


def html_to_text(name: str | Func) -> Func:
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
