from django.apps import apps
from django.contrib.admin import apps as admin
from django.utils.translation import gettext_lazy as _

# The admin's group for each library's app, by the app's label. Apps with the same
# verbose name are one group: `AdminSite.get_app_list`.
GROUPS = {
    "account": _("People"),
    "auth": _("People"),
    "mfa": _("People"),
    "socialaccount": _("People"),
    "django_tasks_database": _("System"),
}
# Labels that libraries do not translate, by the model and its fields, and another name
# for Django's groups, so that nobody confuses them with groups of learners.
MODEL_NAMES = {
    "auth.Group": (_("permission group"), _("permission groups")),
    "mfa.Authenticator": (_("two-factor method"), _("two-factor methods")),
}
FIELD_NAMES = {
    "accounts.User": {"groups": _("permission groups")},
    "mfa.Authenticator": {
        "user": _("user"),
        "type": _("type"),
        "created_at": _("added"),
        "last_used_at": _("last used"),
    },
    "socialaccount.SocialAccount": {"user": _("user")},
}


class AdminConfig(admin.AdminConfig):
    default_site = "accounts.admin_site.AdminSite"

    def ready(self) -> None:
        super().ready()
        for label, group in GROUPS.items():
            apps.get_app_config(label).verbose_name = group
        for label, (name, plural) in MODEL_NAMES.items():
            options = apps.get_model(label)._meta
            options.verbose_name, options.verbose_name_plural = name, plural
        for label, names in FIELD_NAMES.items():
            for field, name in names.items():
                apps.get_model(label)._meta.get_field(field).verbose_name = name
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site
        from django_tasks_db.models import DBTaskResult

        from accounts import admin_models
        from core.task_admin import TaskAdmin

        # Provider keys are settings, tokens are not stored, and sessions are private.
        site.unregister([SocialApp, SocialToken, UserSession])
        site.unregister([Authenticator, DBTaskResult, EmailAddress, SocialAccount])
        site.register(Authenticator, admin_models.AuthenticatorAdmin)
        site.register(EmailAddress, admin_models.EmailAddressAdmin)
        site.register(SocialAccount, admin_models.SocialAccountAdmin)
        site.register(DBTaskResult, TaskAdmin)
