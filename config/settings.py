"""All settings. Environment variables override the defaults, which are the safe values.

`DEBUG=true` turns on development. `make` writes it into `.env`, which git ignores.
Without it, Cairn does not start until the required variables are set. A start with
faulty variables names all of them.
"""

from email.headerregistry import Address
from pathlib import Path

from django.utils.csp import CSP

from accounts.provider_settings import read_password_sign_in, read_providers
from core import setting_parsers as parse
from core.browser_features import UNUSED_FEATURES
from core.environment import Environment
from core.observability import logging as logs
from core.postgresql import settings as postgresql_settings
from core.postgresql import url as postgresql_url

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")

VERSION = "0.1.0"
DEBUG = env.read("DEBUG", False, parse.boolean)

# Anybody on the network can then read passwords and take over sessions.
INSECURE_HTTP = env.read("INSECURE_HTTP", False, parse.boolean)
# The one origin of all pages, mails and passkeys. Development uses that of the request.
SITE_URL = env.read(
    "SITE_URL", "", parse.origin if INSECURE_HTTP else parse.secure_origin
)
if INSECURE_HTTP and SITE_URL.startswith("https:"):
    env.add_fault(
        "INSECURE_HTTP",
        "needs a SITE_URL such as http://cairn.lan; remove INSECURE_HTTP to use HTTPS",
        "true",
    )
if not (DEBUG or SITE_URL):
    env.add_missing(
        "SITE_URL", "the address of the site, such as https://cairn.example"
    )
SITE_HOSTS = [parse.get_host(SITE_URL)] if SITE_URL else list(parse.LOOPBACK_HOSTS)
ALLOWED_HOSTS = SITE_HOSTS + env.read(
    "ALLOWED_HOSTS", [], parse.list_of(parse.allowed_host)
)
CSRF_TRUSTED_ORIGINS = env.read("CSRF_TRUSTED_ORIGINS", [], parse.list_of(parse.origin))

SECRET_KEY = env.read_secret("SECRET_KEY", "", parse.secret_key)
if DEBUG:
    SECRET_KEY = SECRET_KEY or "development only"
elif not SECRET_KEY:
    env.add_missing(
        "SECRET_KEY", "a random key; generate one with: openssl rand -hex 32"
    )
SECRET_KEY_FALLBACKS = env.read_secret(
    "SECRET_KEY_FALLBACKS", [], parse.list_of(parse.secret_key)
)

SITE_NAME = env.read("SITE_NAME", "Cairn", parse.line)
CONTACT_EMAIL = env.read("CONTACT_EMAIL", "", parse.email)
PRIVACY_URL = env.read("PRIVACY_URL", "", parse.web_url)  # replaces the built-in page
# Resources may link to hosts such as http://wiki.
INTRANET_LINKS = env.read("INTRANET_LINKS", False, parse.boolean)

SIGN_UP = env.read(
    "SIGN_UP",
    "open",
    parse.choice("open", "invitation", "domains", "organisation", "closed"),
)
SIGN_UP_DOMAINS = env.read("SIGN_UP_DOMAINS", [], parse.list_of(parse.email_domain))
if (SIGN_UP == "domains") != bool(SIGN_UP_DOMAINS):
    env.add_fault(
        "SIGN_UP_DOMAINS",
        "and SIGN_UP=domains belong together; set both, with domains such as "
        "SIGN_UP_DOMAINS=example.org, or neither",
    )

NEW_GROUPS = env.read("NEW_GROUPS", "open", parse.choice("open", "staff", "permitted"))

BEHIND_TLS_PROXY = env.read("BEHIND_TLS_PROXY", False, parse.boolean)
if BEHIND_TLS_PROXY and SITE_URL.startswith("http:"):
    env.add_fault(
        "BEHIND_TLS_PROXY",
        f"needs a SITE_URL such as https://cairn.example; to use {SITE_URL}, remove it",
        "true",
    )
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # probes use plain HTTP

# Links, styles and scripts would work below a path only in part.
FORCE_SCRIPT_NAME = ""
if prefix := env.get("GRANIAN_URL_PATH_PREFIX"):
    env.add_fault(
        "GRANIAN_URL_PATH_PREFIX",
        "is not supported; give Cairn its own host name, such as cairn.example",
        repr(prefix),
    )

INSTALLED_APPS = [
    "core",
    "accounts",
    "roadmaps",
    "progress",
    "groups",
    "editing",
    "data_export",
    "search",
    "accounts.admin_config.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.usersessions",
    "django_htmx",
    "django_tasks_db",
    "simple_history",
    "django.forms",
]

MIDDLEWARE = [
    "core.middleware.request_id",
    "core.observability.request_log.request_log",
    # A cached page has the headers of all middleware that follows.
    "django.middleware.http.ConditionalGetMiddleware",
    "core.visitor_cache.VisitorCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "core.middleware.cross_origin_isolation",
    "core.observability.health.health",
    "core.middleware.reject_unsupported",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # also at a wrong address
    "core.middleware.reject_malformed",
    "django.middleware.gzip.GZipMiddleware",
    "core.middleware.etag",
    "core.middleware.reject_nul",
    "core.repeated_forms.answer_once",
    "core.replica_pages.read_from_replica",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.anonymous_sessions.expire_soon",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.devices.update_last_seen",
    "progress.pending_mark.drop_when_signed_in",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "accounts.request_time_zone.request_time_zone",
    "core.middleware.cache_control",
    "core.middleware.method_not_allowed_page",
    "accounts.resend.resend_after_sign_in",
    "core.repeated_forms.RetryAfterConflict",
]

ROOT_URLCONF = "config.urls"
FORM_RENDERER = "core.forms.Renderer"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.site",
            ],
        },
    },
]

database = env.read_secret("DATABASE_URL", None, postgresql_url.parse)
if database is None and DEBUG:
    from core.postgresql.embedded import start

    database = postgresql_url.parse(start(BASE_DIR / ".postgres"))
elif database is None:
    env.add_missing(
        "DATABASE_URL", f"a PostgreSQL database, such as {postgresql_url.EXAMPLE}"
    )
# Connections per web process.
DATABASE_POOL_SIZE = env.read("DATABASE_POOL_SIZE", 16, parse.integer(1, 1000, 16))
DATABASE_POOLER = env.read("DATABASE_POOLER", False, parse.boolean)
DATABASES = {"default": database or {}}
postgresql_settings.configure(DATABASES["default"], is_pooled=DATABASE_POOLER)
# Not in DATABASES, so that no command ever uses it.
DATABASE_REPLICA = env.read_secret(
    "DATABASE_REPLICA_URL", None, postgresql_url.parse_replica
)
if DATABASE_REPLICA:
    postgresql_settings.configure(DATABASE_REPLICA, is_pooled=False)

# Entries of a local cache. Django's default of 300 would lose the counts of rate limits
# when many people use the site.
LOCAL_CACHE_ENTRIES = 100_000
CACHES: dict[str, dict[str, object]]
if cache_url := env.read_secret("CACHE_URL", "", parse.redis_url):
    CACHES = {"default": {"BACKEND": "core.cache.Cache", "LOCATION": cache_url}}
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": LOCAL_CACHE_ENTRIES},
        }
    }
if DATABASE_REPLICA and not cache_url:
    env.add_fault(
        "DATABASE_REPLICA_URL",
        "needs CACHE_URL, where web processes note what each person has stored last; "
        "set it to your Redis or Valkey, such as redis://cache.example.org:6379/0",
    )
# A separate cache, so that pages never evict the counts of rate limits.
CACHES["visitor_pages"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "visitor_pages",
    "OPTIONS": {"MAX_ENTRIES": 2 * 200},  # a page takes two entries
}
CACHE_MIDDLEWARE_ALIAS = "visitor_pages"
CACHE_MIDDLEWARE_SECONDS = 0 if DEBUG else 1

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Not `cached_db`, even with a shared cache: a request that reads a session from the
# database just before another process deletes it would put it back into the cache, and
# the person would stay signed in.
SESSION_ENGINE = "core.sessions"
COMMON_PASSWORDS = BASE_DIR / "accounts/common-passwords.txt.gz"
validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{validation}.UserAttributeSimilarityValidator"},
    {"NAME": f"{validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": f"{validation}.CommonPasswordValidator",
        "OPTIONS": {"password_list_path": COMMON_PASSWORDS},
    },
    {"NAME": "accounts.passwords.CommonPairValidator"},
]
# The first makes new hashes: argon2id, m=102400 KiB, t=2. The second verifies old ones.
PASSWORD_HASHERS = [
    "accounts.passwords.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# The first parts of all other pages' paths.
RESERVED_PATHS = frozenset(
    [
        *("accounts", "groups", "privacy", "progress", "projects", "roadmaps"),
        *("search", "theme", "card.png", "favicon.ico", "robots.txt", "sitemap.xml"),
        *("static", "healthz", "readyz"),
    ]
)
ADMIN_PATH = env.read("ADMIN_PATH", "admin/", parse.url_path(RESERVED_PATHS))
# The pages whose forms create something or send a mail. A tick states an outcome and
# needs no protection.
FORMS_ANSWERED_ONCE = ("/accounts/", "/groups/", f"/{ADMIN_PATH}")
# Changes below these paths, marks and notes, concern only the person who makes them.
OWN_CHANGES = ("/progress/", "/roadmaps/")
ADMIN_NEEDS_SECOND_FACTOR = not DEBUG

# After these days `cleanup` deletes unconfirmed accounts and events of the audit trail.
UNCONFIRMED_DAYS = env.read("UNCONFIRMED_DAYS", 30, parse.integer(1, 3650, 30))
AUDIT_DAYS = env.read("AUDIT_DAYS", 365, parse.integer(1, 3650, 365))
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "roadmaps:index"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.RequestPasswordResetForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "add_email": "accounts.forms.AddEmailForm",
    "request_login_code": "accounts.forms.RequestLoginCodeForm",
    "confirm_login_code": "accounts.codes.LoginCodeForm",
    "confirm_email_verification_code": "accounts.codes.EmailCodeForm",
    "confirm_password_reset_code": "accounts.codes.PasswordResetCodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
MAILED_CODE_SECONDS = 600  # the maximum of ASVS 6.5.5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = MAILED_CODE_SECONDS
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = MAILED_CODE_SECONDS
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
# Limits per address count only what can fail or sends a mail. accounts/limits.py has
# those on passwords and on codes for an account.
SIGN_UPS_PER_MINUTE = env.read("SIGN_UPS_PER_MINUTE", 20, parse.integer(1, 10_000, 20))
ACCOUNT_RATE_LIMITS = {
    "begin_passkey_or_provider": "120/m/ip",  # each can store a session
    "login": None,
    "login_failed": "5/5m/key",  # codes of second factors
    "pending_mark": "120/m/ip",
    "signup": f"{SIGN_UPS_PER_MINUTE}/m/ip",
    "request_login_code": f"{SIGN_UPS_PER_MINUTE}/m/ip",
    "reset_password": f"{SIGN_UPS_PER_MINUTE}/m/ip,5/m/key",
    "reset_password_from_key": None,  # needs a code from a mail
    "confirm_email": "4/10m/key",  # emails with a code
}
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = MAILED_CODE_SECONDS
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "roadmaps:index"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
if SITE_URL:
    ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE_URL.partition(":")[0]
# The number of trusted proxies that append to X-Forwarded-For. Clients can forge the
# entries before theirs.
ALLAUTH_TRUSTED_PROXY_COUNT = env.read(
    "TRUSTED_PROXY_COUNT", 1 if BEHIND_TLS_PROXY else 0, parse.integer(0, 10, 1)
)

MFA_ADAPTER = "accounts.mfa.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.mfa.AuthenticateForm",
    "reauthenticate": "accounts.mfa.ReauthenticateForm",
    "activate_totp": "accounts.mfa.ActivateAuthenticatorAppForm",
    "add_webauthn": "accounts.mfa.AddPasskeyForm",
    "edit_webauthn": "accounts.mfa.EditPasskeyForm",
    "authenticate_webauthn": "accounts.mfa.AuthenticateByPasskeyForm",
    "login_webauthn": "accounts.mfa.LoginByPasskeyForm",
    "reauthenticate_webauthn": "accounts.mfa.ReauthenticateByPasskeyForm",
}
MFA_RATE_LIMITS = {"webauthn_login": None}  # nobody can guess a passkey
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
if INSECURE_HTTP:
    MFA_SUPPORTED_TYPES.remove("webauthn")  # browsers allow passkeys only over HTTPS
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = SITE_NAME
# Also accept the code before and the code after: people type slowly, and clocks differ.
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # http://localhost

SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.SocialSignupForm"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = read_providers(env)
PASSWORD_SIGN_IN, PASSWORD_SIGN_IN_ADDRESSES = read_password_sign_in(
    env, SIGN_UP, "openid_connect" in SOCIALACCOUNT_PROVIDERS
)

MAILERS: dict[str, dict[str, object]]
mail_host = env.read("EMAIL_HOST", "", parse.mail_host)
MAIL_IS_PRINTED = not mail_host  # to the terminal; pages say so
if MAIL_IS_PRINTED:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
else:
    port = env.read("EMAIL_PORT", 587, parse.port)
    use_tls = env.read("EMAIL_TLS", True, parse.boolean)
    smtp: dict[str, object] = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": mail_host,
            "port": port,
            "username": env.read("EMAIL_USER", "", parse.line),
            "password": env.read_secret("EMAIL_PASSWORD", "", parse.line),
            # On port 465 TLS starts with the connection (RFC 8314, 3.3).
            "use_ssl": use_tls and port == 465,
            "use_tls": use_tls and port != 465,
            "timeout": 10,  # seconds
        },
    }
    queue: dict[str, object] = {"BACKEND": "core.mail.EmailBackend"}
    # Development has no worker and sends immediately.
    MAILERS = {"default": smtp if DEBUG else queue, "smtp": smtp}
TASKS = {
    "default": {
        "BACKEND": "django.tasks.backends.immediate.ImmediateBackend"
        if DEBUG
        else "django_tasks_db.DatabaseBackend"
    }
}
DEFAULT_FROM_EMAIL = env.read(
    "DEFAULT_FROM_EMAIL",
    str(Address(SITE_NAME, addr_spec="cairn@localhost")),
    parse.sender,
)
if not DEBUG and mail_host and DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
    env.add_fault(
        "DEFAULT_FROM_EMAIL",
        "cannot be used with EMAIL_HOST; set it to the sender of all emails, such as "
        f"{Address(SITE_NAME, addr_spec='cairn@example.org')}",
        repr(DEFAULT_FROM_EMAIL),
    )

SIMPLE_HISTORY_DATE_INDEX = False  # versions are looked up by object

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
FORMAT_MODULE_PATH = ["core.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "core.static_storage.StaticFilesStorage"
    },
}

WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "img-src": [CSP.SELF, "data:"],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in UNUSED_FEATURES}
MAX_REQUEST_BODY = 4 * 1024 * 1024  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the form of the longest step has 3,100

# With this prefix, browsers refuse a cookie that lacks Secure or Path=/, or has Domain.
COOKIE_PREFIX = "" if DEBUG or INSECURE_HTTP else "__Host-"
if not (DEBUG or INSECURE_HTTP):
    # Only the owner of the domain knows whether its other hosts support TLS.
    year = 365 * 24 * 60 * 60  # seconds
    SECURE_HSTS_SECONDS = env.read(
        "HSTS_SECONDS", year, parse.integer(0, 10 * year, year)
    )
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.read(
        "HSTS_INCLUDE_SUBDOMAINS", False, parse.boolean
    )
    SECURE_HSTS_PRELOAD = env.read("HSTS_PRELOAD", False, parse.boolean)
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # about the two above
    SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
    CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True  # no script needs it
CSRF_FAILURE_VIEW = "config.views.csrf_failure"

# host:port, for Prometheus only
METRICS_ADDRESS = env.read("METRICS_ADDRESS", "", parse.listen_address)

LOGGING = logs.configure(json=not DEBUG)

env.raise_faults()
