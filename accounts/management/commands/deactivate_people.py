import csv
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.deactivation import deactivate, find_last_administrators
from accounts.people_file import Fault, Person, read_people
from core.postgresql.replica import positions


class Command(BaseCommand):
    help = (
        "Deactivate the accounts of people who have left. FILE is a CSV file with "
        "their email addresses in the column `email` or in its only column. They are "
        "signed out at once; their data stays. If there is an error, nothing changes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="list what would change, and change nothing",
        )
        parser.add_argument(
            "--skip-unknown",
            action="store_true",
            help="list addresses that belong to no account, instead of stopping",
        )

    @transaction.atomic
    def handle(
        self, *, file: Path, dry_run: bool, skip_unknown: bool, **_: Any
    ) -> None:
        people, faults = read(file)
        skipped = [each for each in faults if skip_unknown and each.is_unknown]
        faults = [each for each in faults if each not in skipped] + find_last(people)
        if faults:
            lines = [f"{file}:{each.line}: {each.message}." for each in sorted(faults)]
            raise CommandError("\n".join([*lines, "Nothing was changed."]))
        if not people and not skipped:
            raise CommandError(f"{file} has no email addresses.")
        for each in skipped:
            self.stdout.write(f"{file}:{each.line}: {each.message}, skipped.")
        for _line, user in people:
            state = "active" if user.is_active else "deactivated already"
            self.stdout.write(f"{user.email}: {state}")
        active = sum(user.is_active for _line, user in people)
        if dry_run:
            self.stdout.write(f"Accounts that would be deactivated: {active}")
        else:
            count = deactivate([user for _line, user in people])
            if settings.DATABASE_REPLICA:
                transaction.on_commit(partial(positions.record, {positions.SITE}))
            self.stdout.write(f"Accounts deactivated: {count}")


def read(file: Path) -> tuple[list[Person], list[Fault]]:
    """Raises CommandError if the file cannot be read."""
    try:
        return read_people(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8. Save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise CommandError(f"{file} is not a CSV file: {error}.") from error


def find_last(people: list[Person]) -> list[Fault]:
    last = {
        user.pk for user in find_last_administrators([each.user for each in people])
    }
    return [
        Fault(line, f"{user.email!r} is the last administrator")
        for line, user in people
        if user.pk in last
    ]
