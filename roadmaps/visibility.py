"""Who sees a roadmap. `groups/migrations/0002_visibility.py` has the rule in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import BooleanField, Func, IntegerField, Q, TextChoices, Value
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class Visibility(TextChoices):
    """Who sees a roadmap once it is published, from most people to fewest.

    Staff see every roadmap.
    """

    PUBLIC = "public", _("Everybody")
    SIGNED_IN = "signed-in", _("Everybody who is signed in")
    GROUPS = "groups", _("Only groups that it is assigned to")

    def is_wider_than(self, other: Visibility) -> bool:
        """Whether more people see a roadmap with this than with the other."""
        order = list(Visibility)
        return order.index(self) < order.index(other)


def is_public(roadmap: str = "") -> Q:
    """Whether everybody sees the roadmap, in a query. `roadmap` is as in `may_see`."""
    return Q(
        (f"{roadmap}is_published", True), (f"{roadmap}visibility", Visibility.PUBLIC)
    )


def may_see(user: User | AnonymousUser, roadmap: str = "") -> Func:
    """Whether the person sees the roadmap, in a query.

    `roadmap` is the path from the query's model to it, such as `step__roadmap__`.
    """
    return Func(
        *(f"{roadmap}{name}" for name in ("id", "is_published", "visibility")),
        Value(user.pk, IntegerField()),
        Value(user.is_staff),
        function="cairn_may_see",
        output_field=BooleanField(),
    )
