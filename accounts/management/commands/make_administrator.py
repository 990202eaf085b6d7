import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from accounts.audit import AuditAction, AuditEvent
from accounts.email_addresses import canonical
from accounts.models import User
from accounts.permission_changes import recorded_permissions


class Command(BaseCommand):
    help = "Create the first administrator, with a random password that is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    @transaction.atomic
    def handle(self, *, email: str, **_: Any) -> None:
        if User.objects.filter(is_superuser=True).exists():
            self.stdout.write("An administrator already exists.")
            return
        try:
            email = canonical(email)
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not a valid email address.") from error
        if user := User.objects.filter(email=email).first():
            make_administrator(user)
            self.stdout.write(f"{user.email} is now an administrator.")
            return
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(email, password)
        AuditEvent.objects.record(AuditAction.ACCOUNT_CREATED, None, user)
        make_administrator(user)
        # Confirmed, so that the first sign-in does not ask for a code by email.
        EmailAddress.objects.create(
            user=user, email=user.email, verified=True, primary=True
        )
        self.stdout.write(
            f"Administrator: {user.email}\nPassword (shown only once): {password}"
        )


def make_administrator(user: User) -> None:
    with recorded_permissions(user.pk):
        user.is_staff = user.is_superuser = True
        user.save()
