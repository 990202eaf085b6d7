"""The roles of people in a group."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person does in a group. Owners are mentors who also manage it."""

    MEMBER = "member", _("Member")
    MENTOR = "mentor", _("Mentor")
    OWNER = "owner", _("Owner")
