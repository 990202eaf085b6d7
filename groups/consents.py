"""What members show to the mentors of their group now, as parts of SQL statements.

Every statement for mentors' pages begins here, or with `Membership.objects.showing`,
which is the same rule for the ORM.
"""

# Of one assignment: the statement adds which.
MEMBERS_WHO_SHOW_IT = """
groups_assignment AS assignment
JOIN roadmaps_roadmap AS roadmap
    ON roadmap.id = assignment.roadmap_id AND roadmap.is_published
JOIN groups_sharedroadmap AS shared ON shared.assignment_id = assignment.id
JOIN groups_membership AS membership
    ON membership.id = shared.membership_id
    AND membership.group_id = assignment.group_id
    AND membership.role = 'member'
"""

# The ids of the roadmaps that one member shows: the statement adds whom.
SHOWN_ROADMAPS = """
SELECT other.roadmap_id
FROM groups_sharedroadmap AS other_shared
JOIN groups_assignment AS other ON other.id = other_shared.assignment_id
JOIN roadmaps_roadmap AS other_roadmap
    ON other_roadmap.id = other.roadmap_id AND other_roadmap.is_published
WHERE other_shared.membership_id =
"""
