from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"  # the admin's group: see admin_config.py

    def ready(self) -> None:
        from accounts import deletion, ended_sessions, events  # noqa: F401
