"""What the claim of the organisation's sign-in means for groups.

It never makes a membership. It suggests a group to the person, and it ends the
membership that came from a suggestion when it no longer names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.openid_connect.signals import claims_received
from groups.models import Group, Membership
from groups.roles import Role
from groups.suggestions import Suggestion

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@receiver(claims_received)
@transaction.atomic
def follow_claim(
    request: HttpRequest, user: User, values: frozenset[str], **_: Any
) -> None:
    # Lock the person before groups, as `Group.admit` does.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    roles = find_roles(values)
    announce_ended(request, update_memberships(user, roles))
    new = update_suggestions(user, roles)
    if new:
        announce(request, list(open_suggestions(user).filter(pk__in=new)))


def find_roles(values: frozenset[str]) -> dict[int, Role]:
    """Map each group that the claim assigns the person to, to their role in it."""
    groups = Group.objects.filter(
        Q(member_claim__in=values) | Q(mentor_claim__in=values)
    )
    return {
        group.pk: Role.MENTOR if group.mentor_claim in values else Role.MEMBER
        for group in groups.order_by("pk")
    }


def update_memberships(user: User, roles: dict[int, Role]) -> list[Group]:
    """End or change memberships that came by the claim if it no longer has their value.

    Return the groups that the person has left. A group whose two values were both
    removed no longer follows the claim.
    """
    ended = []
    has_claim = ~Q(group__member_claim="", group__mentor_claim="")
    by_claim = user.memberships.filter(has_claim, by_claim=True)
    for membership in by_claim.select_related("group", "user").order_by("group_id"):
        role = roles.get(membership.group_id)
        if role is None or (role == Role.MEMBER and membership.is_mentor):
            membership.follow_claim(role)
            if role is None and membership.by_claim:  # nobody changed it by hand
                ended.append(membership.group)
    return ended


def update_suggestions(user: User, roles: dict[int, Role]) -> list[int]:
    """Make the suggestions match the claim. Return the ids of the new ones."""
    user.group_suggestions.exclude(group__in=roles).delete()
    known = dict(user.group_suggestions.values_list("group", "role"))
    changed = [group for group, role in roles.items() if known.get(group) != role]
    new = []
    # A group that was deleted meanwhile must not make the sign-in fail.
    groups = Group.objects.filter(pk__in=changed).select_for_update(no_key=True)
    for group in groups.order_by("pk"):
        suggestion, _is_new = group.suggestions.update_or_create(
            user=user, defaults={"role": roles[group.pk], "answered_at": None}
        )
        new.append(suggestion.pk)
    return new


def open_suggestions(user: User) -> QuerySet[Suggestion]:
    """Those that the person has not answered, with the group. Without those whose role,
    or a higher one, they have.
    """
    memberships = Membership.objects.filter(user=user, group=OuterRef("group"))
    mentors = memberships.mentors()
    suggestions = Suggestion.objects.filter(user=user, answered_at=None).exclude(
        Exists(mentors) | Q(Exists(memberships), role=Role.MEMBER)
    )
    return suggestions.select_related("group").order_by("group__name", "group_id")


def announce_ended(request: HttpRequest, groups: list[Group]) -> None:
    """Tell the person on the next page, because nobody else does."""
    text = _("Your organisation no longer assigns you to {name}, so you’ve left it.")
    for group in groups:
        name = format_html("<bdi>{}</bdi>", group.name)
        messages.info(request, format_html(text, name=name))


def announce(request: HttpRequest, suggestions: list[Suggestion]) -> None:
    """Tell the person on the next page, with a link."""
    if len(suggestions) == 1:
        group = suggestions[0].group
        text = _('Your organisation suggests a group: <a href="{url}">{name}</a>.')
        url = reverse("groups:join_suggested", args=[group.pk])
        name = format_html("<bdi>{}</bdi>", group.name)
        messages.info(request, format_html(text, url=url, name=name))
    elif suggestions:
        text = _('Your organisation suggests groups: see <a href="{url}">Groups</a>.')
        messages.info(request, format_html(text, url=reverse("groups:index")))
