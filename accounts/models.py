"""The person: known by an e-mail address, with no username."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.passwords import normalised


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class Theme(models.TextChoices):
    """The colour scheme that a person prefers to their system's."""

    LIGHT = "light"
    DARK = "dark"


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    is_staff = models.BooleanField(
        "staff", default=False, help_text="May sign in to the admin."
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Take this away instead of deleting the account.",
    )
    theme = models.CharField(
        max_length=5,
        blank=True,
        choices=Theme.choices,
        help_text="Empty: as their system has it.",
    )
    date_joined = models.DateTimeField("joined", default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and normalised(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(raw_password and normalised(raw_password))
