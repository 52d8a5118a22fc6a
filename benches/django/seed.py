"""A thousand users, user0001 to user1000, whose password is the argument; the first is of the group that may see orders.

Hashing takes its time, so there are fifty hashes, each of a salt of its own, in turns: logging in costs the same."""

import sys

import django

django.setup()

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from shop.models import Order

USERS = 1000
HASHES = 50

hashes = [make_password(sys.argv[1]) for _ in range(HASHES)]
User.objects.bulk_create(
    User(username=f"user{number:04}", email=f"user{number:04}@example.com", password=hashes[number % HASHES])
    for number in range(1, USERS + 1)
)
staff = Group.objects.create(name="Staff")
staff.permissions.add(Permission.objects.get(codename="view_order"))
User.objects.get(username="user0001").groups.add(staff)
Order.objects.bulk_create(Order(number=f"O-{number:05}") for number in range(50))
