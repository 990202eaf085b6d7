"""Two groups with example people, for docs/screenshots.py.

This runs in manage.py's shell. The administrator owns one group and is a member of the
other. It prints three ids: of the first group, of one membership in it, and of the
second group.
"""

from datetime import timedelta

from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from groups.confirmations import Confirmation, WorkLink
from groups.models import Group
from groups.roles import Role
from progress.models import StepProgress
from progress.route import State
from roadmaps.models import Roadmap

NOW = timezone.now()
# Name, required steps done, days for each, days on the next, how many are unconfirmed
PEOPLE = [
    ("Amara Obi", 9, 3, 1, 2),
    ("Ben Haddad", 3, 4, 12, 0),
    ("Chloé Martin", 8, 3, 2, 1),
    ("Daniel Kim", 5, 4, 5, 0),
    ("Elif Demir", 6, 4, 1, 0),
    ("Femi Bello", 5, 3, 2, 1),
    ("Greta Lund", 0, 0, 0, 0),
]

roadmap = Roadmap.objects.get(slug="backend-developer")
steps = list(roadmap.steps.filter(is_optional=False))
owner = User.objects.get(is_superuser=True)
owner.name = "Sam Rivera"
owner.save()
due_on = timezone.localdate() + timedelta(weeks=26)


def create_group(name: str, purpose: str, owner: User) -> Group:
    group = Group.objects.start(owner, name, purpose, {roadmap: due_on})
    group.assignments.update(assigned_at=NOW - timedelta(weeks=6))
    return group


def create_person(name: str) -> User:
    return User.objects.create_user(f"{slugify(name)}@example.com", name=name)


def mark_steps(user: User, done: int, days: int, days_on_next: int) -> None:
    """Mark the first steps done, one after the other, and the next one in progress."""
    at = NOW - timedelta(days=days * done + days_on_next)
    for step in steps[:done]:
        began, at = at, at + timedelta(days=days)
        StepProgress.objects.create(
            user=user, step=step, state=State.DONE, started_at=began, done_at=at
        )
    StepProgress.objects.create(
        user=user, step=steps[done], state=State.LEARNING, started_at=at
    )


group = create_group("Spring 2027 cohort", "Learn to build a backend.", owner)
invitation = group.invite(Role.MEMBER, actor=owner)
for name, done, days, days_on_next, unconfirmed in PEOPLE:
    user = create_person(name)
    membership = group.admit(user, invitation)
    membership.show(group.assignments.get())
    if done:
        mark_steps(user, done, days, days_on_next)
    for step in steps[: done - unconfirmed]:
        Confirmation.objects.create(
            group=group,
            group_name=group.name,
            user=user,
            step=step,
            confirmed_by=owner,
        )
amara = group.memberships.get(user__name="Amara Obi")
WorkLink.objects.set_url(amara.user, steps[8], "https://example.com/amara/tests")

evening = create_group(
    "Evening class", "We meet on Tuesdays.", create_person("Ada Roy")
)
membership = evening.admit(owner, evening.invite(Role.MEMBER, actor=owner))
membership.show(evening.assignments.get())
print(group.pk, amara.pk, evening.pk)
