"""The user, who signs in with an email address, and their devices and invitations."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.email_addresses import canonical
from accounts.passwords import is_too_long, normalize
from accounts.time_zones import parse_time_zone
from core.model_fields import LineField

ASCII = "^[[:ascii:]]*$"


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        user = self.model(email=canonical(email), **fields)
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
    """The colour scheme that a user chose instead of their system's."""

    LIGHT = "light"
    DARK = "dark"


def validate_time_zone(name: str) -> None:
    if parse_time_zone(name) is None:
        raise ValidationError("There is no such time zone.")


class User(AbstractBaseUser, PermissionsMixin):
    id = models.AutoField(primary_key=True)  # 4 bytes: it is in every progress row
    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = LineField(
        "display name",
        max_length=80,
        blank=True,
        default="",
        db_default="",  # old processes insert rows without it during an upgrade
        help_text="How mails greet you.",
    )
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
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[validate_time_zone],
        help_text="Empty: as their browser says.",
    )
    date_joined = models.DateTimeField("joined", default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")) & models.Q(email__regex=ASCII),
                name="user_email_canonical",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = canonical(self.email)

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and normalize(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        if raw_password and is_too_long(raw_password):
            return False
        return super().check_password(raw_password and normalize(raw_password))

    @property
    def zone_info(self) -> ZoneInfo | None:
        """The time zone that the user chose, or None to use the browser's."""
        return parse_time_zone(self.time_zone)

    def is_last_administrator(self) -> bool:
        """Whether no other administrator has an active account."""
        administrators = User.objects.filter(is_superuser=True, is_active=True)
        others = administrators.exclude(pk=self.pk)
        return self.is_superuser and not others.exists()


class Device(models.Model):
    """A browser that a user has signed in with. Users get a mail about a new one."""

    MAX_NAME_LENGTH = 120  # characters

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    name = models.CharField(max_length=MAX_NAME_LENGTH)  # "Firefox on Windows"
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="device_once")
        ]

    def __str__(self) -> str:
        return self.name


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        return self.filter(used_at=None)


class Invitation(models.Model):
    """Allows an address to sign up if the site requires an invitation.

    Used invitations are not deleted.
    """

    address = models.EmailField("e-mail address", max_length=254, unique=True)
    invited_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations",
    )
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(address=Lower("address"))
                & models.Q(address__regex=ASCII),
                name="invitation_address_canonical",
            )
        ]

    def __str__(self) -> str:
        return self.address

    def clean(self) -> None:
        super().clean()
        self.address = canonical(self.address)
