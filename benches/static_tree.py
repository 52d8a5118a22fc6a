"""Makes the tree of static files that a site of some size has: 3,571 files, 50 MB.

Five npm packages of fixed versions as they are published, Django's admin, and one stylesheet of a site's own."""

import shutil
import subprocess
import tarfile
from pathlib import Path

from common import CACHE, python

PACKAGES = [
    "bootstrap@5.3.9",
    "@fortawesome/fontawesome-free@7.3.1",
    "jquery@4.0.0",
    "htmx.org@4.0.1",
    "swagger-ui-dist@5.35.0",
]
FILES = 3571
STYLESHEET = "body { margin: 0; font-family: sans-serif; }\n.button { background: url('../vendor/jquery/README.md'); }\n"


def tree():
    """The folder, made where it is missing."""
    folder = CACHE / "static_tree"
    if not folder.exists():
        made = folder.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        for package in PACKAGES:
            unpack(package, made / "vendor")
        # The second copy of every icon.
        shutil.rmtree(made / "vendor/fortawesome-fontawesome-free/svgs-full")
        admin = "import django,os;print(os.path.join(os.path.dirname(django.__file__),'contrib/admin/static/admin'))"
        admin = subprocess.run([python(), "-c", admin], check=True, capture_output=True, text=True).stdout.strip()
        shutil.copytree(admin, made / "admin")
        (made / "css").mkdir()
        (made / "css/site.css").write_text(STYLESHEET)
        made.rename(folder)
    count = sum(path.is_file() for path in folder.rglob("*"))
    if count != FILES:
        print(f"note: the tree has {count} files, not {FILES}: a package has changed")
    return folder


def unpack(package, folder):
    name = package.rsplit("@", 1)[0].lstrip("@").replace("/", "-")
    packed = CACHE / "packed"
    packed.mkdir(parents=True, exist_ok=True)
    said = subprocess.run(["npm", "pack", "--silent", package], cwd=packed, check=True, capture_output=True, text=True)
    with tarfile.open(packed / said.stdout.split()[-1]) as archive:
        for member in archive.getmembers():
            # Everything is below one folder, `package/`.
            member.name = str(Path(*Path(member.name).parts[1:]))
            if member.isfile():
                archive.extract(member, folder / name, filter="data")
