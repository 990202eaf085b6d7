import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User


class Command(BaseCommand):
    help = "Make the first administrator, with a random password that is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    @transaction.atomic
    def handle(self, *, email: str, **_: Any) -> None:
        if User.objects.filter(is_superuser=True).exists():
            self.stdout.write("There is an administrator already.")
            return
        password = secrets.token_urlsafe(12)
        user = User.objects.create_superuser(email, password)
        # Confirmed, or the first sign-in would ask for a code from the mail.
        EmailAddress.objects.create(
            user=user, email=user.email, verified=True, primary=True
        )
        self.stdout.write(
            f"Administrator: {user.email}\nPassword, shown this once: {password}"
        )
