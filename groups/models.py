"""Groups, their members, and what each member agreed to show to the mentors."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.model_fields import LineField
from groups.confirmations import (  # noqa: F401, Django loads models from here
    Confirmation,
    WorkLink,
)
from groups.invitations import Invitation  # noqa: F401, as above
from groups.remarks import Remark  # noqa: F401, as above
from groups.roles import Role
from roadmaps.models import Roadmap


class Group(models.Model):
    """People who follow roadmaps together: a cohort, a class or a team."""

    id = models.AutoField(primary_key=True)
    name = LineField(_("name"), max_length=80)
    purpose = LineField(
        _("what it is for"),
        max_length=300,
        blank=True,
        help_text=_("People read this before they join."),
    )
    created_at = models.DateTimeField(
        _("created"), default=timezone.now, editable=False
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("groups:group", args=[self.pk])


class Assignment(models.Model):
    """A roadmap that a group follows."""

    id = models.AutoField(primary_key=True)
    group = models.ForeignKey(
        Group,
        models.CASCADE,
        related_name="assignments",
        verbose_name=_("group"),
        db_index=False,  # the unique constraint starts with it
    )
    roadmap = models.ForeignKey(
        Roadmap,
        models.CASCADE,
        related_name="assignments",
        verbose_name=_("roadmap"),
    )
    due_on = models.DateField(_("due date"), null=True, blank=True)
    assigned_at = models.DateTimeField(
        _("assigned"), default=timezone.now, editable=False
    )

    class Meta:
        verbose_name = _("assigned roadmap")
        verbose_name_plural = _("assigned roadmaps")
        ordering = ["roadmap__position", "roadmap", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "roadmap"],
                name="roadmap_assigned_once",
                violation_error_message=_("The group already has this roadmap."),
            )
        ]

    def __str__(self) -> str:
        return f"roadmap {self.roadmap_id} in group {self.group_id}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def mentors(self) -> MembershipQuerySet:
        """Those who see the progress that members agreed to show."""
        return self.filter(role__in=[Role.MENTOR, Role.OWNER])

    def owners(self) -> MembershipQuerySet:
        return self.filter(role=Role.OWNER)

    def showing(self, assignment: Assignment) -> MembershipQuerySet:
        """The members whose progress on the assigned roadmap mentors see now.

        Every page and file for mentors starts here.
        """
        return self.filter(
            role=Role.MEMBER,
            group=assignment.group_id,
            shared_roadmaps__assignment=assignment,
        )


class Membership(models.Model):
    """A person is in a group. No row means that they are not."""

    id = models.AutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("user"),
        db_index=False,  # the unique constraint starts with it
    )
    group = models.ForeignKey(
        Group, models.CASCADE, related_name="memberships", verbose_name=_("group")
    )
    role = models.CharField(_("role"), max_length=6, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    wants_email = models.BooleanField(
        _("email about remarks"), default=False, db_default=False
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="in_a_group_once"),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} in group {self.group_id}: {self.role}"

    @property
    def is_mentor(self) -> bool:
        """Whether the person sees the progress that members agreed to show."""
        return self.role in (Role.MENTOR, Role.OWNER)

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER


class SharedRoadmap(models.Model):
    """A member agreed to show their progress on an assigned roadmap to the mentors.

    It is deleted with the membership and with the assignment: whoever joins again, and
    whoever is assigned the roadmap again, is asked again.
    """

    pk = models.CompositePrimaryKey("membership", "assignment")
    membership = models.ForeignKey(
        Membership,
        models.CASCADE,
        related_name="shared_roadmaps",
        verbose_name=_("membership"),
        db_index=False,  # the primary key starts with it
    )
    assignment = models.ForeignKey(
        Assignment,
        models.CASCADE,
        related_name="shared_roadmaps",
        verbose_name=_("assigned roadmap"),
    )
    agreed_at = models.DateTimeField(_("agreed"), default=timezone.now)

    class Meta:
        verbose_name = _("shared roadmap")
        verbose_name_plural = _("shared roadmaps")

    def __str__(self) -> str:
        return f"membership {self.membership_id}, assignment {self.assignment_id}"
