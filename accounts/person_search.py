"""Find people in the admin by indexes, because there may be millions of people."""

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from accounts.models import NAME_WORDS, User

MAX_PEOPLE = 1000
MAX_ID_DIGITS = 9  # of a user's id


def search_people(people: QuerySet[User], term: str) -> QuerySet[User]:
    """Return the people whose address begins with the term, or whose display name has
    words that begin with its words.
    """
    found = Q(email__startswith=term.lower())
    if words := re.findall(r"\w+", term):
        query = " & ".join(f"'{word}':*" for word in words)
        found |= Q(name_words=SearchQuery(query, config="simple", search_type="raw"))
        people = people.alias(name_words=NAME_WORDS)
    return people.filter(found)


def find_people(term: str) -> list[int]:
    """Return the ids of people whose address begins with the term.

    If the term is a number, return it: it may be the id of a deleted account.
    """
    if term.isascii() and term.isdecimal() and len(term) <= MAX_ID_DIGITS:
        return [int(term)]
    found = User.objects.filter(email__startswith=term.lower())
    # A list, so that PostgreSQL uses the indexes on the ids.
    return list(found.values_list("pk", flat=True)[:MAX_PEOPLE])
