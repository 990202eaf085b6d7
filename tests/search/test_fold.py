"""The form in which searches compare text: roadmaps/full_text.py."""

import pytest
from django.conf import settings
from django.db import connection

from roadmaps.full_text import fold


def run(function, text):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "cafe"),
        ("ΟΔΟΣ", "οδός"),
        ("Straße", "STRASSE"),
        ("Smørrebrød", "smorrebrod"),
        ("İstanbul", "istanbul"),
        ("ﬁle", "file"),  # a ligature
        ("Ｃａｃｈｅ", "cache"),  # full-width letters
        ("ｶﾞｲﾄﾞ", "ガイド"),  # half-width letters
        ("con\u00adtainer", "container"),  # a soft hyphen
        ("cach\u200bing", "caching"),
        ("CI/CD", "ci cd"),
        ("don’t", "don t"),
        ("“quoted” – text…", "quoted text"),
        ("containerisation", "containerization"),
        ("virtualise", "virtualize"),
        ("analyse", "analyze"),
        ("behaviour", "behavior"),
        ("centre", "center"),
        ("fibres", "fibers"),
        ("catalogues", "catalogs"),
        ("licence", "license"),
        ("defence", "defense"),
        ("modelling", "modeling"),
        ("cancelled", "canceled"),
        ("programmes", "programs"),
        ("artefact", "artifact"),
        ("judgement", "judgment"),
        ("practise", "practice"),
        ("grey", "gray"),
        ("discs", "disks"),
    ],
)
def test_spellings_of_a_word_are_equal(db, one, other):
    assert fold(one) == fold(other)
    assert run("cairn_fold", one) == run("cairn_fold", other)


@pytest.mark.parametrize(
    "word", ["containerisation", "analysing", "behaviour", "modelling", "colourful"]
)
def test_the_beginning_of_a_word_stays_its_beginning(word):
    for end in range(1, len(word)):
        assert fold(word).startswith(fold(word[:end]))


@pytest.mark.parametrize("word", ["our", "your", "hour", "this", "his", "all", "call"])
def test_short_words_do_not_change(word):
    assert fold(word) == word


def test_python_and_postgresql_fold_alike(db):
    texts = [
        *(path.read_text() for path in settings.BASE_DIR.glob("fixtures/*.yaml")),
        "ﷺ ẞ İ ı ΐ ς ½ № ① ㍿ Å ǅ é e\u0301 ё й 한국어 ﾊﾞ ữ שָׁלוֹם مُحَمَّد",
        "".join(map(chr, range(1, 0x250))),
        "".join(map(chr, range(0x1E00, 0x2070))),
    ]
    for text in texts:
        assert run("cairn_fold", text) == fold(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain words", "plain words"),
        ("日本語", "本語 日本 語"),
        ("数据", "据 数据"),
        (
            "Python 入門 and 데이터베이스",
            "門 이터 베이 스 python 入門 and 데이 터베 이스",
        ),
    ],
)
def test_pairs_of_chinese_japanese_and_korean_characters_become_words(db, text, words):
    assert run("cairn_words", text).split() == words.split()
