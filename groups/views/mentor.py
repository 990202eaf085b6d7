"""What mentors see of the members who agreed: the group's page, a route and a file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import batched
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from core.csv_export import CONTENT_TYPE, csv_lines
from groups.member_filter import MemberFilter
from groups.member_order import MemberOrder
from groups.member_rows import MemberRow, MemberStep
from groups.member_work import read_comments, read_member_work, with_work
from groups.models import Assignment, Membership, MembershipQuerySet
from groups.pace import Pace, compute_group_pace
from groups.progress_file import get_header, get_rows
from groups.roles import Role
from groups.shared_progress import read_progress
from groups.step_chart import StepChart
from groups.step_summaries import RoadmapSummary, read_summary
from progress.route import RouteSection
from roadmaps.content_cache import get_content
from roadmaps.models import Step

MEMBERS_PER_PAGE = 50
MEMBERS_AT_ONCE = 500  # in the file: more would take much memory on a long roadmap


def show_to_mentor(
    request: AuthenticatedRequest, membership: Membership
) -> HttpResponse:
    """The group's page for a mentor: a chart, and one row per member."""
    group = membership.group
    assignments: list[Any] = list(group.assignments.published().with_facts())
    context: dict[str, Any] = {
        "group": group,
        "membership": membership,
        "assignments": assignments,
    }
    if assignments:
        assignment = choose_assignment(request, assignments)
        context |= describe_progress(request, assignment)
    else:
        members = group.memberships.filter(role=Role.MEMBER)
        context["member_count"] = members.count()
    return render(request, "groups/mentor.html", context)


def describe_progress(request: AuthenticatedRequest, assignment: Any) -> dict[str, Any]:
    """The chart of one roadmap, and a page of the members who show it.

    The assignment comes from `AssignmentQuerySet.with_facts`.
    """
    steps = get_active_steps(assignment)
    summary = read_summary(assignment)
    form, order = MemberFilter(request.GET, steps), get_order(request, summary)
    members = with_work(choose_members(assignment, form, order), assignment)
    showing = assignment.showing_count
    page = paginate(request, members, None if form.chosen_step else showing)
    shown = read_progress(assignment, page.object_list, summaries=summary.steps)
    return {
        "assignment": assignment,
        "pace": get_pace(assignment, steps),
        "member_count": assignment.member_count,
        "showing": showing,
        "hidden": assignment.member_count - showing,
        "chart": StepChart(steps, summary.steps, showing),
        "counted_at": summary.counted_at,
        "form": form,
        "order": order,
        "orders": [] if summary.is_large else MemberOrder.choices,
        "page": page,
        "rows": [MemberRow.build(each) for each in shown],
    }


@login_required
@require_safe
def member(
    request: AuthenticatedRequest, group_id: int, membership_id: int
) -> HttpResponse:
    """A member's route on a roadmap that they show. Nothing on it can be marked."""
    assignments = list(
        Assignment.objects.published()
        .in_group_of_mentor(request.user, group_id)
        .shown_by(membership_id)
    )
    assignment = choose_assignment(request, assignments)
    showing = Membership.objects.showing(assignment).select_related("user", "group")
    membership = get_object_or_404(with_work(showing, assignment), pk=membership_id)
    found = read_progress(assignment, [membership], with_topics=True)
    if not found:
        raise Http404("The member has just stopped showing the roadmap.")
    row = MemberRow.build(found[0])
    context = {
        "group": membership.group,
        "membership": membership,
        "assignments": assignments,
        "assignment": assignment,
        "row": row,
        "sections": get_sections(request, assignment, row),
    }
    return render(request, "groups/member_route.html", context)


@login_required
@require_safe
def download(request: AuthenticatedRequest, group_id: int) -> HttpResponse:
    """The members of the mentor's page, all of its pages, as a CSV file."""
    group = get_mentor(request, group_id).group
    assignment = choose_assignment(request, list(group.assignments.published()))
    steps = get_active_steps(assignment)
    form = MemberFilter(request.GET, steps)
    order = get_order(request, read_summary(assignment))
    members = choose_members(assignment, form, order)
    shown = (
        progress
        for batch in batched(members, MEMBERS_AT_ONCE, strict=False)
        for progress in read_progress(assignment, batch)
    )
    content = "".join(csv_lines(get_header(steps), get_rows(shown)))
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    name = f"{group.name} {assignment.roadmap.title}"
    response["Content-Disposition"] = get_disposition(name)
    return response


def get_mentor(request: AuthenticatedRequest, group_id: int) -> Membership:
    """The person's own membership. Raises Http404 unless they are a mentor."""
    mentors = Membership.objects.mentors().select_related("group")
    return get_object_or_404(mentors, user=request.user, group=group_id)


def choose_assignment[A: Assignment](
    request: AuthenticatedRequest, assignments: Sequence[A]
) -> A:
    """The one of `?roadmap=`, or the first. Raises Http404 if there is none."""
    slug = request.GET.get("roadmap")
    for assignment in assignments:
        if assignment.roadmap.slug == slug or not slug:
            return assignment
    raise Http404("There is no such roadmap.")


def get_active_steps(assignment: Assignment) -> list[Step]:
    roadmap = assignment.roadmap
    content = get_content(roadmap.pk, str(roadmap.content_version))
    return [step for step in content.steps if not step.is_retired]


def get_order(request: AuthenticatedRequest, summary: RoadmapSummary) -> MemberOrder:
    """The order of `?sort=`. By name if it is unknown, or if the group is so large that
    sorting it otherwise takes too long.
    """
    order = request.GET.get("sort")
    if summary.is_large or order not in MemberOrder.values:
        return MemberOrder.NAME
    return MemberOrder(order)


def choose_members(
    assignment: Assignment, form: MemberFilter, order: MemberOrder
) -> MembershipQuerySet:
    """The members who show the roadmap, as the filter and the order ask."""
    showing = Membership.objects.showing(assignment).select_related("user")
    return form.apply(showing).sorted_by(order, assignment)


def paginate(
    request: AuthenticatedRequest, members: MembershipQuerySet, count: int | None
) -> Page[Membership]:
    """The page of `?page=`. `count` is the number of members, if it is known."""
    paginator = Paginator(members, MEMBERS_PER_PAGE)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


def get_sections(
    request: AuthenticatedRequest, assignment: Assignment, row: MemberRow
) -> list[tuple[RouteSection, list[MemberStep]]]:
    """The sections of a member's route, each with its steps.

    On a long route, only the step of `?step=` is in full: forms on all would be slow.
    """
    work = read_member_work(assignment, row.membership)
    comments = read_comments(assignment, row.membership)
    in_full = request.GET.get("step")
    here = request.get_full_path()
    return [
        (
            section,
            [
                MemberStep(
                    step,
                    work.on(step),
                    comments.get(step.pk, []),
                    not row.route.is_long or step.slug == in_full,
                    f"{here}#{step.slug}",
                )
                for step in section.steps
            ],
        )
        for section in row.route.get_sections()
    ]


def get_pace(assignment: Assignment, steps: Sequence[Step]) -> Pace | None:
    """What the due date needs of a member who begins on the day of the assignment."""
    assigned_on = timezone.localdate(assignment.assigned_at)
    today = timezone.localdate()
    return compute_group_pace(steps, assigned_on, assignment.due_on, today)


def get_disposition(name: str) -> str:
    """The header for a download. The name is also there in ASCII, for old browsers
    (RFC 6266, appendix D).
    """
    ascii_name = slugify(name) or "group"
    full_name = quote(f"{name}.csv".replace("/", "-"), safe="")
    return f"attachment; filename=\"{ascii_name}.csv\"; filename*=UTF-8''{full_name}"
