"""Django settings, read from the home and a handful of HOLDFAST_* variables.

HOLDFAST_HOME           where everything lives (default ~/.holdfast)
HOLDFAST_ALLOWED_HOSTS  more host names to answer to, comma separated
HOLDFAST_PUBLIC_URL     the https:// address people use, when a proxy stands in front
HOLDFAST_TRUSTED_PROXIES  how many proxies stand in front (default 0)
HOLDFAST_DATABASE_URL   postgresql://user:password@host:port/name in place of the SQLite file
HOLDFAST_MAIL_URL       smtp://user:password@host:587 or smtps://…, to send each person the mail of their day
HOLDFAST_MAIL_FROM      whom that mail is from (default holdfast@localhost)
HOLDFAST_LOG            json: each line of the log is an object for a program (default: lines for people)
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from holdfast.warehouse.home import Home
from holdfast.web.database import database
from holdfast.web.mail import mail_server

HERE = Path(__file__).resolve().parent
HOME = Home.find()
PUBLIC_URL = os.environ.get("HOLDFAST_PUBLIC_URL", "")
OVER_HTTPS = PUBLIC_URL.startswith("https://")


def _secret_key() -> str:
    """The home's key; without a home a throw-away one, so that tools can load the settings (wsgi refuses)."""
    path = HOME.path / "secret.key"
    return path.read_text().strip() if path.is_file() else secrets.token_hex(32)


DEBUG = False
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *filter(None, os.environ.get("HOLDFAST_ALLOWED_HOSTS", "").replace(" ", "").split(",")),
    *filter(None, [urlsplit(PUBLIC_URL).hostname]),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.rstrip("/")] if PUBLIC_URL else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_tasks",
    "holdfast.accounts",
    "holdfast.playbooks",
    "holdfast.web",  # before the tasks' own app: its worker runs once for each home
    "django_tasks_db",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "holdfast.web.middleware.quiet_headers",
    "holdfast.web.middleware.only_text",
    "holdfast.web.middleware.signed_out_of_a_part",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "holdfast.web.middleware.last_seen",
    "django_htmx.middleware.HtmxMiddleware",
    "holdfast.web.middleware.as_seen_by",
    "holdfast.web.middleware.of_which_shops",
]
ROOT_URLCONF = "holdfast.web.urls"
WSGI_APPLICATION = "holdfast.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "environment": "holdfast.web.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "holdfast.web.frame.frame",
            ],
        },
    },
    {  # allauth's own texts (mail, messages); its pages are ours, above
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]

DATABASES = {"default": database(HOME.path, os.environ.get("HOLDFAST_DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Throttles must be shared by all workers: with a per-process cache four workers let four times as much through.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "throttle"}}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "holdfast.web.assets.VersionedStatic"},
}
WHITENOISE_USE_FINDERS = True  # assets are served from the package; there is no collect step
WHITENOISE_MAX_AGE = 86_400

# Sign-in
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_ADAPTER = "holdfast.web.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key", "welcome": "20/m/ip", "guest": "60/m/ip", "link": "60/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("HOLDFAST_TRUSTED_PROXIES", "0"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Holdfast"
USERSESSIONS_TRACK_ACTIVITY = False  # by a middleware of ours, which does not write at every click

# The day's mail; without a server nothing is sent
_MAIL = mail_server(os.environ.get("HOLDFAST_MAIL_URL", ""))
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _MAIL.backend, _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_TIMEOUT = _MAIL.starttls, _MAIL.tls, 20
DEFAULT_FROM_EMAIL = os.environ.get("HOLDFAST_MAIL_FROM", "holdfast@localhost")

# Cookies and headers
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OVER_HTTPS else None
SECURE_HSTS_SECONDS = 30 * 86_400 if OVER_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20  # of forms; files go to disk
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 * 2**20
FILE_UPLOAD_TEMP_DIR = HOME.path / "tmp" if (HOME.path / "tmp").is_dir() else None
FILE_UPLOAD_PERMISSIONS = 0o600

# Logs name paths and errors, never people: no user names, no addresses, no form values.
_LOG, _SHORT = ("json", "json") if os.environ.get("HOLDFAST_LOG", "") == "json" else ("line", "one line")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "holdfast.web.logs.Lines", "fmt": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "one line": {"()": "holdfast.web.logs.OneLine", "fmt": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "holdfast.web.logs.Objects"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": _LOG, "filters": ["nothing private"]},
        "short": {"class": "logging.StreamHandler", "formatter": _SHORT, "filters": ["nothing private"]},
    },
    "filters": {"nothing private": {"()": "holdfast.web.logs.NothingPrivate"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "holdfast": {"level": "INFO"},
        "django.security.DisallowedHost": {"handlers": ["short"], "propagate": False},
        "django.server": {"level": "WARNING", "handlers": ["console"], "propagate": False},
    },
}
