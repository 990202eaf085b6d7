"""Groups, their members, and what each agreed to show to the mentors."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import AuditAction, AuditEvent
from accounts.models import User
from accounts.openid_connect.claims import MAX_VALUE_LENGTH
from core.model_fields import LineField
from groups.comments import Comment  # noqa: F401, as above
from groups.confirmations import (  # noqa: F401, Django loads models from here
    Confirmation,
    WorkLink,
)
from groups.errors import LastOwnerError, LimitReachedError
from groups.invitations import MAX_INVITATIONS, Invitation, generate_code
from groups.member_order import MemberOrder, last_active, since
from groups.roles import Role
from groups.stored_summary import StoredSummary  # noqa: F401, as above
from groups.suggestions import Suggestion
from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Roadmap
from roadmaps.visibility import may_see

if TYPE_CHECKING:
    from collections.abc import Mapping

# More than anybody needs, and too few to fill the database.
MAX_OWN_GROUPS = 50
MAX_ROADMAPS = 20
# User.visible_name of a membership, as SQL.
VISIBLE_NAME = Coalesce(
    NullIf("user__name", Value("")), "user__email", output_field=models.CharField()
)
ROLE_ORDER = Case(
    When(role=Role.OWNER, then=0), When(role=Role.MENTOR, then=1), default=2
)


class GroupManager(models.Manager["Group"]):
    @transaction.atomic
    def start(
        self,
        owner: User,
        name: str,
        purpose: str = "",
        roadmaps: Mapping[Roadmap, date | None] | None = None,
    ) -> Group:
        """Create a group that the person owns. `roadmaps` maps each to its due date.

        Raises LimitReachedError.
        """
        # Forms that are sent at the same time must not exceed the limit together.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Membership.objects.owners().filter(user=owner).count() >= MAX_OWN_GROUPS:
            raise LimitReachedError
        group = self.create(name=name, purpose=purpose)
        group.memberships.create(user=owner, role=Role.OWNER)
        group.record(AuditAction.GROUP_CREATED, owner)
        for roadmap, due_on in (roadmaps or {}).items():
            group.assign(roadmap, due_on, actor=owner)
        return group


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
    member_claim = LineField(
        _("value of the sign-in claim for members"),
        max_length=MAX_VALUE_LENGTH,
        blank=True,
        help_text=_(
            "The group is suggested to people who sign in with the organisation and "
            "have this value. They decide whether to join. When they no longer have "
            "it, they leave at their next sign-in."
        ),
    )
    mentor_claim = LineField(
        _("value of the sign-in claim for mentors"),
        max_length=MAX_VALUE_LENGTH,
        blank=True,
    )
    created_at = models.DateTimeField(
        _("created"), default=timezone.now, editable=False
    )

    objects = GroupManager()

    class Meta:
        # The admin has "permission groups" too, which are Django's.
        verbose_name = _("learning group")
        verbose_name_plural = _("learning groups")
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"], name="group_name"),
            # Every sign-in with the organisation looks for these values.
            models.Index(
                fields=["member_claim"],
                name="group_member_claim",
                condition=~Q(member_claim=""),
            ),
            models.Index(
                fields=["mentor_claim"],
                name="group_mentor_claim",
                condition=~Q(mentor_claim=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("groups:group", args=[self.pk])

    def lock(self) -> None:
        """Make other changes to the group and its people wait for this transaction.

        Raises DoesNotExist if it was deleted meanwhile.
        """
        Group.objects.select_for_update(no_key=True).get(pk=self.pk)

    def record(
        self,
        action: AuditAction,
        actor: User | None,
        person: User | None = None,
        **details: str | int | None,
    ) -> None:
        """Add an event about this group to the audit trail."""
        AuditEvent.objects.record(
            action, actor, person, group=self.name, group_id=self.pk, **details
        )

    @transaction.atomic
    def assign(
        self, roadmap: Roadmap, due_on: date | None, *, actor: User
    ) -> Assignment:
        """Assign a roadmap to the group, if it is not assigned already. Members show
        no progress on it until they agree.

        Raises LimitReachedError.
        """
        self.lock()
        assignment = self.assignments.filter(roadmap=roadmap).first()
        if assignment is None:
            if self.assignments.count() >= MAX_ROADMAPS:
                raise LimitReachedError
            assignment = self.assignments.create(roadmap=roadmap, due_on=due_on)
            self.record(AuditAction.ROADMAP_ASSIGNED, actor, roadmap=roadmap.slug)
        return assignment

    @transaction.atomic
    def invite(
        self,
        role: Role,
        *,
        actor: User,
        expires_at: datetime | None = None,
        max_uses: int | None = None,
    ) -> Invitation:
        """Create an invitation. Raises LimitReachedError."""
        self.lock()
        if self.invitations.usable().count() >= MAX_INVITATIONS:
            raise LimitReachedError
        self.invitations.delete_old()
        code = generate_code()
        while Invitation.objects.filter(code=code).exists():
            code = generate_code()
        self.record(AuditAction.INVITATION_CREATED, actor, role=role)
        return self.invitations.create(
            role=role,
            code=code,
            created_by=actor,
            expires_at=expires_at,
            max_uses=max_uses,
        )

    @transaction.atomic
    def admit(self, user: User, invitation: Invitation | Suggestion) -> Membership:
        """Let the person in, and return their membership.

        Nothing happens if they already have the role, or a higher one. A member who
        uses an invitation for mentors becomes a mentor. Raises InvitationUsedError, and
        DoesNotExist if the account, the group or the invitation was deleted meanwhile.
        """
        # Lock the person before the group, as `leave_groups` does.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        self.lock()
        role = Role(invitation.role)
        membership = self.memberships.filter(user=user).first()
        if membership and membership.includes(role):
            return membership
        invitation.count_use()
        by_claim = isinstance(invitation, Suggestion)
        if membership:
            membership.change_role(role, actor=user, by_claim=by_claim)
            return membership
        self.record(AuditAction.GROUP_JOINED, user, role=role)
        return self.memberships.create(user=user, role=role, by_claim=by_claim)

    @transaction.atomic
    def disband(self, actor: User) -> None:
        """Delete the group. Progress and confirmations stay with their learners."""
        # This also waits for rows that refer to the group and are not committed yet.
        Group.objects.select_for_update().get(pk=self.pk)
        self.record(AuditAction.GROUP_DELETED, actor)
        self.delete()

    @transaction.atomic
    def appoint_owner(self, user: User, actor: User) -> None:
        """Make a person an owner, whether or not they are in the group."""
        self.lock()
        membership = self.memberships.filter(user=user).first()
        if membership:
            membership.change_role(Role.OWNER, actor)
        else:
            self.memberships.create(user=user, role=Role.OWNER)
            self.record(AuditAction.GROUP_JOINED, actor, user, role=Role.OWNER)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: User) -> AssignmentQuerySet:
        """Those whose roadmap the person may open."""
        return self.filter(may_see(user, "roadmap__"))

    def published(self) -> AssignmentQuerySet:
        """Those whose roadmap is published, with the roadmap."""
        return self.filter(roadmap__is_published=True).select_related("roadmap")

    def in_group_of_mentor(self, user: User, group_id: int) -> AssignmentQuerySet:
        """Those of the group, if the person is a mentor of it."""
        return self.filter(has_mentor(user, group_id), group=group_id)

    def shown_by(self, membership_id: int) -> AssignmentQuerySet:
        """Those that a member agreed to show to the mentors."""
        return self.filter(shared_roadmaps__membership=membership_id)

    def with_facts(self) -> AssignmentQuerySet:
        """With what the page of a group says about it and its roadmap.

        That is `member_count`, how many of them show the roadmap as `showing_count`,
        and `mentor_names`.
        """
        in_group = Membership.objects.filter(group=OuterRef("group"))
        members = in_group.filter(role=Role.MEMBER)
        showing = members.filter(shared_roadmaps__assignment=OuterRef("pk"))
        return self.annotate(
            member_count=count_per_group(members),
            showing_count=count_per_group(showing),
            mentor_names=ArraySubquery(in_group.mentors().names()),
        )


def has_mentor(user: User, group_id: int) -> Exists:
    """Whether the person is a mentor of the group, in a query."""
    return Exists(Membership.objects.mentors().filter(user=user, group=group_id))


def count_per_group(rows: models.QuerySet[Any]) -> Coalesce:
    """The number of these rows, which are of one group of an outer query."""
    counts = rows.order_by().values("group").values(count=Count("pk"))
    return Coalesce(Subquery(counts), 0)


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

    objects = AssignmentQuerySet.as_manager()

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
        return self.roadmap.title

    @transaction.atomic
    def unassign(self, actor: User) -> None:
        """Remove the roadmap from the group, with all agreements to show it."""
        self.group.lock()
        deleted, _by_model = Assignment.objects.filter(pk=self.pk).delete()
        if deleted:
            slug = self.roadmap.slug
            self.group.record(AuditAction.ROADMAP_UNASSIGNED, actor, roadmap=slug)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def mentors(self) -> MembershipQuerySet:
        """Those who see the progress that members agreed to show."""
        return self.filter(role__in=[Role.MENTOR, Role.OWNER])

    def owners(self) -> MembershipQuerySet:
        return self.filter(role=Role.OWNER)

    def successors(self) -> MembershipQuerySet:
        """The mentor of each group who becomes its owner if nobody else is one: the
        longest-serving.
        """
        mentors = self.filter(role=Role.MENTOR, user__is_active=True)
        return mentors.order_by("group_id", "joined_at", "pk").distinct("group_id")

    def by_role_and_name(self, text: str = "") -> MembershipQuerySet:
        """Those with the text in their visible name: first owners, then mentors, then
        members, each sorted by name.
        """
        people = self.alias(visible_name=VISIBLE_NAME)
        if text:
            people = people.filter(visible_name__icontains=text)
        return people.order_by(ROLE_ORDER, Lower("visible_name"), "pk")

    def names(self) -> models.QuerySet[Membership, str]:
        """Their visible names, sorted."""
        named = self.annotate(visible_name=VISIBLE_NAME)
        in_order = named.order_by(Lower("visible_name"), "pk")
        return in_order.values_list("visible_name", flat=True)

    def in_group_of_mentor(self, user: User, group_id: int) -> MembershipQuerySet:
        """Those of the group, if the person is a mentor of it."""
        return self.filter(has_mentor(user, group_id), group=group_id)

    def with_member_count(self) -> MembershipQuerySet:
        """Add `member_count`, how many members the group has besides its mentors."""
        members = Membership.objects.filter(group=OuterRef("group"), role=Role.MEMBER)
        return self.annotate(member_count=count_per_group(members))

    def showing(self, assignment: Assignment) -> MembershipQuerySet:
        """The members whose progress on the assigned roadmap mentors see now.

        Every page and file for mentors starts here.
        """
        return self.filter(
            role=Role.MEMBER,
            group=assignment.group_id,
            shared_roadmaps__assignment=assignment,
            shared_roadmaps__assignment__roadmap__is_published=True,
        )

    def with_state(self, step_id: int, state: str) -> MembershipQuerySet:
        """The members who show the step's roadmap and have the step in this state."""
        shown = SharedRoadmap.objects.filter(
            membership=OuterRef("pk"),
            assignment__roadmap__steps=step_id,
            assignment__roadmap__is_published=True,
        )
        marks = StepProgress.objects.filter(user=OuterRef("user"), step=step_id)
        if state == State.NONE:
            return self.filter(Exists(shown), ~Exists(marks))
        return self.filter(Exists(shown), Exists(marks.filter(state=state)))

    def sorted_by(self, order: str, assignment: Assignment) -> MembershipQuerySet:
        """Sorted by a `MemberOrder`. Those who have been on a step for longest, and
        those who were active last, come first; those without a mark come last.
        """
        name = Lower(VISIBLE_NAME)
        match order:
            case MemberOrder.TIME:
                first = [since(assignment.roadmap_id).asc(nulls_last=True)]
            case MemberOrder.ACTIVE:
                first = [last_active().desc(nulls_last=True)]
            case _:
                first = []
        return self.order_by(*first, name, "pk")


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
    # Whether the role came from a suggestion of the organisation. It then ends with it.
    by_claim = models.BooleanField(
        _("by the organisation"), default=False, db_default=False
    )
    wants_email = models.BooleanField(
        _("email about comments"), default=False, db_default=False
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
            # So no claim can take the last owner from a group.
            models.CheckConstraint(
                condition=~Q(role=Role.OWNER, by_claim=True), name="no_owner_by_claim"
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

    def includes(self, role: str) -> bool:
        """Whether the person has nothing to gain from an invitation with this role."""
        return self.is_mentor or role == Role.MEMBER

    @transaction.atomic
    def change_role(
        self, role: Role, actor: User | None, *, by_claim: bool = False
    ) -> None:
        """Give the person another role. Only members show progress. Somebody who
        becomes a mentor stops, and has to agree again if they become a member again.

        Unless `by_claim` is set, no claim of the organisation changes the role later.

        Raises LastOwnerError, and DoesNotExist if they have left meanwhile.
        """
        self.group.lock()
        self.refresh_from_db(fields=["role"])
        if self.role == role:
            return
        self._require_another_owner()
        self.role, self.by_claim = role, by_claim
        self.save(update_fields=["role", "by_claim"])
        if role != Role.MEMBER:
            self.shared_roadmaps.all().delete()
        self.group.record(AuditAction.ROLE_CHANGED, actor, self.user, role=role)

    @transaction.atomic
    def follow_claim(self, role: Role | None) -> None:
        """End the membership if the claim has no role for the person any more, or make
        a mentor a member. Nothing happens if somebody has changed the role by hand.
        """
        try:
            self.group.lock()
            self.refresh_from_db(fields=["role", "by_claim"])
        except (Group.DoesNotExist, Membership.DoesNotExist):
            return
        if self.by_claim and role is None:
            self.end(None)
        elif self.by_claim and role == Role.MEMBER:
            self.change_role(role, None, by_claim=True)

    @transaction.atomic
    def end(self, actor: User | None) -> None:
        """End the membership: the person leaves, or `actor` removes them. Nobody does
        when the claim of the organisation no longer names them.

        Mentors see nothing of them from now on. Their progress and what was confirmed
        stays theirs. Nothing happens if it has ended. Raises LastOwnerError.
        """
        try:
            self.group.lock()
            membership = Membership.objects.get(pk=self.pk)
        except (Group.DoesNotExist, Membership.DoesNotExist):
            return
        membership._require_another_owner()
        is_own = actor is not None and actor.pk == self.user_id
        action = AuditAction.GROUP_LEFT if is_own else AuditAction.MEMBER_REMOVED
        self.group.record(action, actor, self.user, role=membership.role)
        membership.delete()

    @transaction.atomic
    def show(self, assignment: Assignment) -> bool:
        """Agree to show progress on a roadmap of the group to its mentors. Return
        whether that is new.

        Raises DoesNotExist of the model that is gone: the person is no longer a member,
        or the roadmap is no longer assigned.
        """
        # Roles, memberships and assignments change only while the group is locked.
        self.group.lock()
        self.group.memberships.get(pk=self.pk, role=Role.MEMBER)
        assignment = self.group.assignments.get(pk=assignment.pk)
        _, is_new = self.shared_roadmaps.get_or_create(assignment=assignment)
        if is_new:
            slug = assignment.roadmap.slug
            self.group.record(AuditAction.SHARING_STARTED, self.user, roadmap=slug)
        return is_new

    @transaction.atomic
    def hide(self, assignment: Assignment) -> bool:
        """Stop showing progress on a roadmap. Mentors stop seeing it at once. Return
        whether they could see it before.
        """
        self.group.lock()
        deleted, _by_model = self.shared_roadmaps.filter(assignment=assignment).delete()
        if deleted:
            slug = assignment.roadmap.slug
            self.group.record(AuditAction.SHARING_STOPPED, self.user, roadmap=slug)
        return bool(deleted)

    def _require_another_owner(self) -> None:
        """Raise LastOwnerError if the group would have no owner without this one.

        Call it while the group is locked.
        """
        others = self.group.memberships.owners().exclude(pk=self.pk)
        if self.is_owner and not others.exists():
            raise LastOwnerError


class SharedRoadmap(models.Model):
    """A member agreed to show their progress on an assigned roadmap to the mentors.

    It is deleted with the membership and with the assignment. A member who joins again,
    or gets the roadmap again, has to agree again.
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
