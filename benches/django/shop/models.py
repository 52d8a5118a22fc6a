"""Orders, for the permission to see them."""

from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=32)
    created = models.DateTimeField(auto_now_add=True)
