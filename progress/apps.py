from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "progress"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in

        from progress.pending_mark import store_after_login

        user_logged_in.connect(store_after_login)
