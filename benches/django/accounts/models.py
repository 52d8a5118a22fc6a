"""Users: Django's, with a picture, a few words, and where they last logged in from."""

from django.contrib.auth.models import AbstractUser
from django.db import models


def picture_path(user, filename):
    return f"avatars/{user.pk}/{filename}"


class User(AbstractUser):
    avatar = models.ImageField(upload_to=picture_path, blank=True, null=True)
    bio = models.CharField(max_length=160, blank=True)
    last_login_ip = models.GenericIPAddressField(blank=True, null=True)
