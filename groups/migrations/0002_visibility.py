"""The rule of who sees which roadmap, as a function of the database."""

from django.db import migrations

# Statements of the ORM and of SQL ask the same function. It is in PL/pgSQL, so that it
# looks for a group only where the answer depends on one.
MAY_SEE = """
CREATE FUNCTION cairn_may_see(
    roadmap bigint, is_published boolean, visibility text,
    person bigint, is_staff boolean
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF is_staff THEN
        RETURN true;
    ELSIF NOT is_published THEN
        RETURN false;
    ELSIF visibility = 'public' THEN
        RETURN true;
    ELSIF person IS NULL THEN
        RETURN false;
    ELSIF visibility = 'signed-in' THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM groups_assignment AS assignment
        JOIN groups_membership AS membership USING (group_id)
        WHERE assignment.roadmap_id = roadmap AND membership.user_id = person
    );
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("groups", "0001_initial")]

    operations = [
        migrations.RunSQL(
            MAY_SEE,
            "DROP FUNCTION cairn_may_see(bigint, boolean, text, bigint, boolean)",
        )
    ]
