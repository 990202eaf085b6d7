from django.contrib.admin import apps as admin


class AdminConfig(admin.AdminConfig):
    default_site = "accounts.admin_site.AdminSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
        from allauth.usersessions.models import UserSession
        from django.contrib.admin import site

        from accounts import admin_models

        # Provider keys are settings, tokens are not stored, and sessions are private.
        site.unregister([SocialApp, SocialToken, UserSession])
        site.unregister([Authenticator, EmailAddress, SocialAccount])
        site.register(Authenticator, admin_models.AuthenticatorAdmin)
        site.register(EmailAddress, admin_models.EmailAddressAdmin)
        site.register(SocialAccount, admin_models.SocialAccountAdmin)
