"""The site without its pages: static files alone, so that collecting and serving them is measured, and not the import of
apps. The environment says how they are stored."""

import os

SECRET_KEY = "not a secret: nothing is signed"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "static_settings"
INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
WSGI_APPLICATION = "wsgi.application"
STATIC_URL = "/static/"
STATIC_ROOT = os.environ["STATIC_ROOT"]
STATICFILES_DIRS = [os.environ["STATIC_SOURCE"]]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": {
            "manifest": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
            "whitenoise": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        }[os.environ.get("STORAGE", "manifest")]
    },
}

urlpatterns = []
