#!/usr/bin/env python3
"""A thousand users for Portico, as `cargo manage export` would write them: `benches/users.py FILE` and `cargo manage import
FILE`. Each has proven user0001@example.com to user1000@example.com, and the same password.

Hashing takes its time, so there are fifty hashes, each of a salt of its own, in turns: logging in costs the same."""

import json
import subprocess
import sys
import uuid
from pathlib import Path

sys.dont_write_bytecode = True
from common import python

PASSWORD = "bench-Passw0rd-9"
USERS = 1000
HASHES = 50
HEADER = {"format": "portico-accounts", "version": 1}
JOINED = "2026-01-01T00:00:00Z"

HASH = """
import sys
from argon2 import PasswordHasher
hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
for _ in range(int(sys.argv[2])):
    print(hasher.hash(sys.argv[1]))
"""


def export(path):
    """Writes the file, and returns its path."""
    hashed = subprocess.run([python(), "-c", HASH, PASSWORD, str(HASHES)], check=True, capture_output=True, text=True)
    hashes = hashed.stdout.split()
    lines = [HEADER, *(user(number, hashes[number % HASHES]) for number in range(1, USERS + 1))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, separators=(",", ":"), sort_keys=True) + "\n" for line in lines))
    return path


def user(number, password):
    """An item of the table of accounts. The fields of the site's own are left out: they are empty then."""
    # A UUID of version 7, whose time is the number: the same in each run.
    identifier = str(uuid.UUID(int=(number << 80) | (7 << 76) | (2 << 62) | number))
    return {
        "PK": f"USER#{identifier}",
        "SK": "PROFILE",
        "id": identifier,
        "email": f"user{number:04}@example.com",
        "email_verified": True,
        "password": password,
        "date_joined": JOINED,
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
        "session_epoch": 1,
        "version": 1,
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("benches/users.py FILE")
    print(f"{export(Path(sys.argv[1]))}: {USERS} users, password {PASSWORD}")
