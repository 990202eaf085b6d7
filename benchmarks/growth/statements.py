"""The statements that fill a database with the rows of a large site."""

from benchmarks.bench.data import SLUG, STEPS

ROADMAPS = 50
MARKS_PER_PERSON = 20
SLICES = 73  # of five days each: a year
LARGE_GROUP = 2_000  # members

# A fifth of the people follow the largest roadmap to its end and make 23 to 25 marks;
# the others make 1 to 37 marks, first on one roadmap and then on a second one. That is
# 20 on average. People with higher ids joined later. `position` is a random order.
PEOPLE = f"""
    CREATE UNLOGGED TABLE growth_person AS
    SELECT user_id, first, CASE WHEN first = 0 THEN other
            ELSE 1 + mod(first - 1 + other, {ROADMAPS - 1}) END AS second,
        marks, position,
        (user_id - 1)::bigint * ({SLICES} - marks + 1) / %(people)s AS joined
    FROM (
        SELECT user_id, position,
            CASE WHEN mod(user_id, 5) = 0 THEN 0 ELSE
                1 + floor(({ROADMAPS - 1}) * (a / 2147483648.0) ^ 2)::int END AS first,
            1 + mod(b, {ROADMAPS - 2}) AS other,
            CASE WHEN mod(user_id, 5) = 0 THEN {STEPS} + mod(b / 64, 3)
                ELSE 1 + mod(b / 64, 37) END AS marks
        FROM (
            SELECT user_id, position, hashint4(user_id) & 2147483647 AS a,
                hashint4(user_id + 1000000007) & 2147483647 AS b
            FROM (
                SELECT (1 + mod(n * 1664527, %(people)s))::int AS user_id,
                    n::int AS position
                FROM (SELECT generate_series(0, %(people)s - 1)::bigint AS n) AS numbers
            ) AS shuffled
        ) AS hashed
    ) AS chosen
    ORDER BY position"""
# The marks of five days. The last mark of a person is in progress, and one in ten of
# the others is skipped.
SLICE_OF_MARKS = f"""
    SELECT user_id, route,
        CASE WHEN k = marks - 1 THEN 'learning'
            WHEN mod(chance, 10) = 0 THEN 'skipped' ELSE 'done' END AS state,
        at, chance
    FROM (
        SELECT user_id, marks, k, at,
            CASE WHEN k < {STEPS} THEN first ELSE second END * {STEPS}
                + mod(k, {STEPS}) + 1 AS route,
            hashint4(user_id # (k << 24)) & 2147483647 AS chance
        FROM (
            SELECT *, (%(slice)s - joined)::int AS k,
                %(start)s + (%(slice)s + position::float / %(people)s)
                    * interval '5 days' AS at
            FROM growth_person
            WHERE joined <= %(slice)s AND %(slice)s < joined + marks
        ) AS active
    ) AS marked"""
MARKS = f"""
    INSERT INTO progress_stepprogress (user_id, step_id, state, started_at, done_at)
    SELECT user_id, (%(steps)s::int[])[route], state,
        at - mod(chance, 4000) * interval '1 minute',
        CASE state WHEN 'done' THEN at END
    FROM ({SLICE_OF_MARKS}) AS mark"""
# One person in ten ticks topics, two of each step.
TOPICS = f"""
    INSERT INTO progress_topiccheck (user_id, topic_id)
    SELECT user_id, (%(topics)s::int[])[2 * route - topic]
    FROM ({SLICE_OF_MARKS}) AS mark, generate_series(0, 1) AS topic
    WHERE mod(user_id / 5, 10) = 3"""
# People complete their first roadmap with its last step, unless that is in progress.
COMPLETIONS = f"""
    INSERT INTO progress_completion (user_id, roadmap_id, completed_at)
    SELECT user_id, (%(roadmaps)s::bigint[])[1 + first], %(start)s
        + (joined + {STEPS - 1} + position::float / %(people)s) * interval '5 days'
    FROM growth_person WHERE marks > {STEPS} ORDER BY 3"""
# One mark in 200 has a note.
NOTES = """
    INSERT INTO progress_note
        (user_id, step_id, text, html, html_version, page, saved_at)
    SELECT user_id, step_id, text, '<p>' || text || '</p>', 1, '', started_at
    FROM progress_stepprogress, LATERAL (SELECT
        'Read chapter ' || mod(user_id, 40) || ' again, then try the exercise with the '
        || 'data of the second project. Ask about ' || md5(user_id::text) AS text
        OFFSET 0) AS written
    WHERE mod(hashint4(user_id # (step_id << 16)) & 2147483647, 200) = 0"""
USERS = """
    INSERT INTO accounts_user (id, password, last_login, is_superuser, email, name,
        is_staff, is_active, theme, time_zone, date_joined)
    SELECT user_id, %(password)s, joined_at + interval '1 day', false,
        'person' || user_id || '@example.com', 'Person ' || md5(user_id::text),
        false, true, '', CASE WHEN mod(user_id, 3) = 0 THEN 'Europe/Berlin' ELSE '' END,
        joined_at
    FROM growth_person, LATERAL (SELECT %(start)s + joined * interval '5 days'
        - interval '1 hour' AS joined_at) AS day
    ORDER BY user_id"""
ADDRESSES = """
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT id, email, true, true FROM accounts_user
    WHERE id <= %(people)s ORDER BY id"""
# Every second person has signed in with one browser, the others with none that is
# remembered. One in three is signed in now. One session in 300 has ended this hour.
DEVICES = """
    INSERT INTO accounts_device (user_id, name, first_seen_at)
    SELECT user_id, CASE mod(user_id, 6) WHEN 0 THEN 'Firefox on Windows'
            ELSE 'Chrome Mobile on Android' END,
        now() - mod(user_id, 365) * interval '1 day'
    FROM growth_person WHERE mod(user_id, 2) = 0"""
SESSIONS = """
    INSERT INTO django_session (session_key, session_data, expire_date)
    SELECT md5(user_id::text), %(session)s,
        now() + (mod(position / 3, 300) / 300.0 * 14) * interval '1 day'
            - interval '10 minutes'
    FROM growth_person WHERE mod(user_id, 3) = 0"""
USER_SESSIONS = """
    INSERT INTO usersessions_usersession (user_id, created_at, ip, last_seen_at,
        session_key, user_agent, data)
    SELECT user_id, seen - interval '10 days', '192.0.2.1', seen, md5(user_id::text),
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like '
        || 'Gecko) Chrome/142.0.0.0 Safari/537.36', '{}'
    FROM growth_person, LATERAL (SELECT now() - interval '2 hours'
        - mod(position, 10000) * interval '1 minute' AS seen) AS last
    WHERE mod(user_id, 3) = 0"""
# One event per person, over the year for which they are kept, and the hour before it.
EVENTS = """
    INSERT INTO accounts_auditevent (at, action, actor_id, person_id, details)
    SELECT now() - interval '365 days 1 hour'
            + (user_id::float / %(people)s) * interval '365 days 1 hour',
        CASE WHEN mod(user_id, 4) = 0 THEN 'account_created' ELSE 'signed_in' END,
        user_id, user_id, '{"way": "password"}'
    FROM growth_person ORDER BY user_id"""
# The emails of a day: one for every 200 people. Those of an hour are due for deletion.
TASKS = """
    INSERT INTO django_tasks_database_dbtaskresult (id, status, enqueued_at, started_at,
        finished_at, args_kwargs, priority, task_path, worker_ids, queue_name,
        backend_name, run_after, return_value, exception_class_path, traceback)
    SELECT gen_random_uuid(), 'SUCCESSFUL', at, at, at,
        jsonb_build_object('args', '[]'::jsonb, 'kwargs', jsonb_build_object(
            'encrypted', (SELECT string_agg(md5(user_id::text || n), '')
                FROM generate_series(1, 40) AS n))),
        0, 'core.mail.send', '["worker"]', 'default', 'default', at, 'null', '', ''
    FROM growth_person, LATERAL (SELECT now() - interval '25 hours'
        + position::float / %(people)s * interval '25 hours' AS at) AS day
    WHERE mod(user_id, 200) = 0 ORDER BY position"""
# One person in ten is in a group of 30 that follows their roadmap, and shows it to the
# mentor. One more group has 2,000 members. People of a group joined the site at
# different times, so their rows are spread over the table.
MEMBERS = f"""
    CREATE UNLOGGED TABLE growth_member AS
    SELECT user_id, first, 1 + dense_rank() OVER (ORDER BY first, number) AS group_id,
        mod(number_in_roadmap, 30) = 0 AS is_owner
    FROM (
        SELECT *, number_in_roadmap / 30 AS number FROM (
            SELECT user_id, first,
                row_number() OVER (PARTITION BY first ORDER BY position) - 1
                    AS number_in_roadmap
            FROM growth_person WHERE mod(user_id / 5, 10) = 7
        ) AS member
    ) AS grouped
    UNION ALL (SELECT user_id, 0, 1, false FROM growth_person
        WHERE first = 0 AND mod(user_id / 5, 10) <> 7 LIMIT {LARGE_GROUP})"""
GROUPS = [
    """INSERT INTO groups_group
        (id, name, purpose, member_claim, mentor_claim, created_at)
    SELECT DISTINCT group_id, 'Group ' || group_id, '', '', '', now()
    FROM growth_member ORDER BY 1""",
    """INSERT INTO groups_assignment (id, group_id, roadmap_id, assigned_at)
    SELECT DISTINCT group_id, group_id, (%(roadmaps)s::bigint[])[1 + first], now()
    FROM growth_member ORDER BY 1""",
    """INSERT INTO groups_membership
        (user_id, group_id, role, joined_at, by_claim, wants_email)
    SELECT user_id, group_id, CASE WHEN is_owner THEN 'owner' ELSE 'member' END, now(),
        false, false
    FROM growth_member ORDER BY group_id, user_id""",
    """INSERT INTO groups_membership
        (user_id, group_id, role, joined_at, by_claim, wants_email)
    SELECT user_id, 1, 'owner', now(), false, false
    FROM growth_member WHERE group_id = 2 AND is_owner LIMIT 1""",
    """INSERT INTO groups_sharedroadmap (membership_id, assignment_id, agreed_at)
    SELECT id, group_id, now() FROM groups_membership WHERE role = 'member'""",
    # One done step in 20 of a member is confirmed, and one in 20 has a link to work.
    """INSERT INTO groups_confirmation (group_id, group_name, user_id, step_id,
        confirmed_by_id, confirmed_at, sentence)
    SELECT group_id, 'Group ' || group_id, user_id, step_id, NULL, now(), ''
    FROM growth_member JOIN progress_stepprogress USING (user_id)
    WHERE state = 'done' AND group_id > 1 AND mod(user_id / 50 + step_id, 20) = 0""",
    """INSERT INTO groups_worklink (user_id, step_id, url, saved_at)
    SELECT user_id, step_id, 'https://git.example/person' || user_id, now()
    FROM growth_member JOIN progress_stepprogress USING (user_id)
    WHERE state = 'done' AND group_id > 1 AND mod(user_id / 50 + step_id, 20) = 1""",
]
COPY_TOPICS = f"""
    INSERT INTO roadmaps_topic (position, step_id, slug, title, text, text_html, url,
        publisher, is_retired)
    SELECT topic.position, new_step.id, topic.slug, topic.title, topic.text,
        topic.text_html, topic.url, topic.publisher, topic.is_retired
    FROM roadmaps_topic AS topic
    JOIN roadmaps_step AS step ON step.id = topic.step_id
    JOIN roadmaps_roadmap AS roadmap ON roadmap.id = step.roadmap_id
        AND roadmap.slug = '{SLUG}'
    JOIN roadmaps_step AS new_step ON new_step.slug = step.slug
    JOIN roadmaps_roadmap AS new ON new.id = new_step.roadmap_id
        AND new.slug LIKE '{SLUG}-%%'"""
# The largest roadmap first, then the others.
ROADMAP_ORDER = f"roadmap.slug <> '{SLUG}', roadmap.position, roadmap.id"
ALL_ROADMAPS = f"""
    SELECT id FROM roadmaps_roadmap AS roadmap ORDER BY {ROADMAP_ORDER}"""
ALL_STEPS = f"""
    SELECT step.id FROM roadmaps_step AS step
    JOIN roadmaps_roadmap AS roadmap ON roadmap.id = roadmap_id
    ORDER BY {ROADMAP_ORDER}, step.position, step.id"""
# The first two of each step.
ALL_TOPICS = f"""
    SELECT id FROM (
        SELECT topic.id, row_number() OVER steps AS step, row_number() OVER topics AS n
        FROM roadmaps_topic AS topic
        JOIN roadmaps_step AS step ON step.id = step_id
        JOIN roadmaps_roadmap AS roadmap ON roadmap.id = roadmap_id
        WINDOW steps AS (
            ORDER BY {ROADMAP_ORDER}, step.position, step.id, topic.position, topic.id
        ), topics AS (PARTITION BY step.id ORDER BY topic.position, topic.id)
    ) AS numbered WHERE n <= 2 ORDER BY numbered.step"""
COUNT_REFERENCES = """
    SELECT count(*) FROM pg_constraint
    WHERE contype = 'f' AND confrelid = '{table}'::regclass"""
