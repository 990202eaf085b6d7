from django.db import migrations

# Tables of libraries grow with the number of people too. These indexes are for the
# admin's lists, for the deletion of an account and for `manage.py cleanup`. The partial
# ones have few rows.
INDEXES = {
    # An account's deletion replaces its address; the pages of the admin list actions.
    "cairn_admin_log_repr": "django_admin_log (object_repr)",
    "cairn_admin_log_object": "django_admin_log (content_type_id, object_id)",
    "cairn_admin_log_user": "django_admin_log (user_id, action_time)",
    "cairn_address_not_canonical": (
        "account_emailaddress (id) WHERE NOT (email ~ '^[[:ascii:]]*$')"
    ),
    "cairn_address_unconfirmed": "account_emailaddress (id) WHERE NOT verified",
    "cairn_address_secondary": 'account_emailaddress (id) WHERE NOT "primary"',
    "cairn_provider_address": (
        "socialaccount_socialaccount ((lower(extra_data ->> 'email')) text_pattern_ops)"
    ),
    "cairn_factor_type": "mfa_authenticator (type, id)",
    "cairn_task_status": "django_tasks_database_dbtaskresult (status, enqueued_at)",
    "cairn_task_date": "django_tasks_database_dbtaskresult (enqueued_at)",
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
    ]

    operations = [
        migrations.RunSQL(f"CREATE INDEX {name} ON {table}", f"DROP INDEX {name}")
        for name, table in INDEXES.items()
    ]
