"""What a visitor signs up with, and changes afterwards."""

from django import forms
from django.contrib.auth.forms import UserCreationForm

from .models import User

MAX_BYTES = 2 * 1024 * 1024


class SignupForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["avatar", "bio"]

    def clean_avatar(self):
        file = self.cleaned_data.get("avatar")
        if not file or not hasattr(file, "content_type"):
            return file
        if file.size > MAX_BYTES:
            raise forms.ValidationError("This file is too large. The limit is 2 MiB.")
        if not str(file.content_type).startswith("image/"):
            raise forms.ValidationError("The file is not a picture.")
        return file
