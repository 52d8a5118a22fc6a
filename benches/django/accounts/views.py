"""Signing up, in and out, one's profile, and what a browser sends straight to S3."""

import functools
import os
import secrets

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.sessions.models import Session
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from .forms import MAX_BYTES, ProfileForm, SignupForm

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def log_in(request):
    if request.method == "POST":
        form = AuthenticationForm(request, data=request.POST)
        if form.is_valid():
            login(request, form.get_user())
            remember = request.POST.get("remember") == "on"
            request.session.set_expiry(settings.SESSION_COOKIE_AGE if remember else 0)
            messages.success(request, "You are logged in.")
            return redirect(next_page(request))
    else:
        form = AuthenticationForm(request)
    return render(request, "accounts/login.html", {"form": form})


def next_page(request):
    url = request.GET.get("next")
    if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()):
        return url
    return settings.LOGIN_REDIRECT_URL


@require_POST
def log_out(request):
    logout(request)
    messages.info(request, "You are logged out.")
    return redirect("core:home")


@login_required
@require_POST
def log_out_everywhere(request):
    """Ends all sessions of a user. Nothing but its own content tells whose a session is, so each is read."""
    user = str(request.user.pk)
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == user:
            session.delete()
    return log_out(request)


def sign_up(request):
    if request.method == "POST":
        form = SignupForm(request.POST)
        if form.is_valid():
            form.save()
            messages.success(request, "Your account is ready. Please log in.")
            return redirect("accounts:login")
    else:
        form = SignupForm()
    return render(request, "accounts/signup.html", {"form": form})


@login_required
def profile(request):
    if request.method == "POST":
        form = ProfileForm(request.POST, request.FILES, instance=request.user)
        if form.is_valid():
            form.save()
            messages.success(request, "Your profile is saved.")
            return redirect("accounts:profile")
    else:
        form = ProfileForm(instance=request.user)
    return render(request, "accounts/profile.html", {"form": form})


@login_required
@require_POST
def presign(request):
    content_type = request.POST.get("content_type")
    if content_type not in EXTENSIONS:
        return JsonResponse({"error": "content_type"}, status=400)
    key = f"media/avatars/{request.user.pk}/{secrets.token_hex(16)}.{EXTENSIONS[content_type]}"
    post = s3().generate_presigned_post(
        settings.MEDIA_BUCKET,
        key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_BYTES]],
        ExpiresIn=300,
    )
    return JsonResponse(post)


@functools.cache
def s3():
    """One client for the process, made when it is first needed: boto3 takes long to import."""
    import boto3
    from botocore.config import Config

    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", region_name=os.environ["AWS_REGION"], config=config)
