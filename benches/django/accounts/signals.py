"""Keeps where somebody has logged in from."""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver


@receiver(user_logged_in)
def keep_address(sender, user, request, **kwargs):
    user.last_login_ip = request.META.get("REMOTE_ADDR") or None
    user.save(update_fields=["last_login_ip"])
