"""Reads a CSV file that names people by their email addresses."""

import csv
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.email_addresses import canonical
from accounts.models import User

HEADERS = ("email", "e-mail", "email address", "mail", "address")
DELIMITERS = (";", "\t", ",")


class Person(NamedTuple):
    line: int
    user: User


class Fault(NamedTuple):
    line: int
    message: str
    is_unknown: bool = False  # an address that no account has


def read_people(text: str) -> tuple[list[Person], list[Fault]]:
    """Return the people that the file names, and what is wrong with its lines.

    The addresses are in the column `email`, or in the first one if no column has that
    name. Empty lines do not matter.
    """
    people: dict[int, Person] = {}
    faults = []
    for line, address in read_addresses(text):
        user = find_user(address)
        if not user:
            message = f"{address!r} belongs to no account here"
            faults.append(Fault(line, message, is_unknown="@" in address))
        elif user.pk in people:
            first = people[user.pk].line
            faults.append(Fault(line, f"{address!r} is the person of line {first}"))
        else:
            people[user.pk] = Person(line, user)
    return list(people.values()), faults


def read_addresses(text: str) -> list[tuple[int, str]]:
    """Return the addresses with their lines. Raises csv.Error."""
    first_line = text.lstrip().partition("\n")[0]
    delimiter = next((each for each in DELIMITERS if each in first_line), ",")
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    column = 0
    if rows:
        names = [name.strip().lower() for name in rows[0][1]]
        column = next((names.index(name) for name in HEADERS if name in names), -1)
        rows = rows[1:] if column >= 0 else rows
    column = max(column, 0)
    return [
        (line, row[column].strip() if column < len(row) else "") for line, row in rows
    ]


def find_user(address: str) -> User | None:
    """Return the user who has this address, as their main one or as a confirmed one."""
    try:
        address = canonical(address)
        validate_email(address)
    except ValidationError:
        return None
    if user := User.objects.filter(email=address).first():
        return user
    confirmed = EmailAddress.objects.filter(email=address, verified=True)
    found = confirmed.select_related("user").first()
    return found.user if found else None
