"""The user, who signs in with an email address, and their devices and invitations."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import AuditEvent  # noqa: F401, Django loads models from here
from accounts.email_addresses import canonical
from accounts.passwords import is_too_long, normalize
from accounts.time_zones import parse_time_zone
from core.model_fields import LineField

ASCII = "^[[:ascii:]]*$"
NAME_WORDS = SearchVector("name", config="simple")


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

    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


def validate_time_zone(name: str) -> None:
    if parse_time_zone(name) is None:
        raise ValidationError(_("This time zone does not exist."))


class User(AbstractBaseUser, PermissionsMixin):
    MAX_NAME_LENGTH = 80  # characters

    id = models.AutoField(primary_key=True)  # 4 bytes: it is in every progress row
    email = models.EmailField(_("email address"), max_length=254, unique=True)
    name = LineField(
        _("display name"),
        max_length=MAX_NAME_LENGTH,
        blank=True,
        default="",
        db_default="",  # old processes insert rows without it during an upgrade
        help_text=_("Used in emails to you."),
    )
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("Can sign in to the admin.")
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Clear this checkbox to deactivate the account without deleting its data."
        ),
    )
    theme = models.CharField(
        _("theme"),
        max_length=5,
        blank=True,
        choices=Theme,
        help_text=_("If empty, pages use the system setting."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[validate_time_zone],
        help_text=_("If empty, pages use the browser setting."),
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")) & models.Q(email__regex=ASCII),
                name="user_email_canonical",
            )
        ]
        # The partial indexes have few rows. They are for the filters of the admin's
        # list, for locking the administrators, and for `manage.py cleanup`.
        indexes = [
            GinIndex(NAME_WORDS, name="user_name_words"),
            models.Index(
                fields=["email"],
                name="user_is_staff",
                condition=models.Q(is_staff=True) | models.Q(is_superuser=True),
            ),
            models.Index(
                fields=["email"],
                name="user_is_deactivated",
                condition=models.Q(is_active=False),
            ),
            models.Index(
                fields=["id"],
                name="user_never_signed_in",
                condition=models.Q(last_login=None),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def visible_name(self) -> str:
        """The name by which others in a group know the person."""
        return self.name or self.email

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

    user = models.ForeignKey(
        User, models.CASCADE, related_name="devices", verbose_name=_("user")
    )
    # In English in every language: "Firefox on Windows".
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH)
    first_seen_at = models.DateTimeField(_("first seen"), default=timezone.now)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
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

    address = models.EmailField(_("email address"), max_length=254, unique=True)
    invited_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations",
        verbose_name=_("invited by"),
    )
    invited_at = models.DateTimeField(
        _("invited"), default=timezone.now, editable=False
    )
    used_at = models.DateTimeField(_("used"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(address=Lower("address"))
                & models.Q(address__regex=ASCII),
                name="invitation_address_canonical",
            )
        ]
        indexes = [
            models.Index(fields=["invited_at"], name="invitation_date"),
            models.Index(
                fields=["invited_at"],
                name="invitation_is_open",
                condition=models.Q(used_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def clean(self) -> None:
        super().clean()
        self.address = canonical(self.address)
