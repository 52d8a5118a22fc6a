"""What the measurements share: environments, the release build, CPU time, tables."""

import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
CACHE = Path(os.environ.get("BENCHES", Path.home() / ".cache/portico/benches"))
DJANGO = HERE / "django"
RESULTS = Path(os.environ.get("RESULTS", HERE / "results"))
# Where the site's own static files are collected.
STATIC_ROOT = CACHE / "staticfiles"
# Of Cargo. What is measured is the release build; another one tells whether everything works.
PROFILE = os.environ.get("PROFILE", "release")
# The same of what only helps: the driver, the backend, the commands that make data.
TOOLS = os.environ.get("TOOLS", PROFILE)


def python(*more):
    """The interpreter of an environment with what `django/requirements.txt` lists, and what else is named. Debian's own is
    built with optimisations that others lack, so it is taken where there is one: a slower Python would flatter us."""
    venv = CACHE / "venv"
    interpreter = venv / "bin/python"
    if not interpreter.exists():
        base = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
        made = subprocess.run([base, "-m", "venv", venv], capture_output=True)
        if made.returncode:  # Debian's Python without its package python3-venv
            subprocess.run([base, "-m", "venv", "--without-pip", venv], check=True)
    # Its own, where it has one: Debian's Python has none.
    own = [interpreter, "-m", "pip"] if (venv / "bin/pip").exists() else [sys.executable, "-m", "pip", "--python", interpreter]
    pip = [*own, "install", "--quiet", "--disable-pip-version-check"]
    wanted, installed = DJANGO / "requirements.txt", venv / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        subprocess.run([*pip, "--requirement", wanted], check=True)
        shutil.copy(wanted, installed)
    if more:
        subprocess.run([*pip, *more], check=True)
    return interpreter


def build(package, profile=PROFILE):
    """The build of a program: its release build, as anybody would build it, unless PROFILE or the caller has it otherwise."""
    return build_all([package], profile) / package


def build_all(packages, profile=PROFILE):
    """The folder with the builds of programs; BINARIES names one that has them already. What an optimised build takes
    from STATIC_ROOT, the names of the static files, is the same for all of them: otherwise each would compile again what
    they share."""
    if "BINARIES" in os.environ:
        return Path(os.environ["BINARIES"])
    target = Path(os.environ.get("CARGO_TARGET_DIR", CACHE.parent / "target"))
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    if profile != "dev":
        environment["STATIC_ROOT"] = str(STATIC_ROOT)
    # In development all of them at once: alone, each would have other features of what they share, and compile it anew.
    named = [part for package in packages for part in ("--package", package)] if profile != "dev" else ["--workspace", "--bins"]
    subprocess.run(["cargo", "build", "--profile", profile, *named], cwd=PROJECT, env=environment, check=True)
    return target / {"dev": "debug"}.get(profile, profile)


def drive(mode, results, *arguments):
    """Runs the driver, which ends at the first wrong answer and measures no site that lets an attacker in. What it has
    written into the file `results`."""
    command = [build("drive", TOOLS), mode, *arguments, "--out", results]
    subprocess.run([str(part) for part in command], cwd=PROJECT, check=True)
    return json.loads(results.read_text())


def gunicorn(port, threads):
    """How Django is served: with threads, a process for each core."""
    return [python(), "-m", "gunicorn", "wsgi", "--bind", f"127.0.0.1:{port}", "--workers", str(os.cpu_count()), "--threads", str(threads),
            "--worker-class", "gthread", "--keep-alive", "60", "--log-level", "error"]  # fmt: skip


def cargo_environment():
    """What `cargo manage` sets for the program that it runs."""
    configured = tomllib.loads((PROJECT / ".cargo/config.toml").read_text())["env"]
    return {**os.environ, **configured}


def django_environment(settings):
    """What every process of the Django project has, and nothing else of whoever measures. What Python compiles is kept: a
    start that compiles again takes twice as long. But not in the checkout."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": str(DJANGO),
        "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
    }


def static_django(storage, source, root):
    """The environment of the Django site without its pages."""
    return {
        **django_environment("static_settings"),
        "STORAGE": storage,
        "STATIC_SOURCE": str(source),
        "STATIC_ROOT": str(root),
    }


def run(command, environment=None, cwd=PROJECT):
    """Runs a command to its end: seconds of wall clock and of CPU, MiB at the peak. Each in a process of its own, so that
    the peak is that of this one."""
    probe = (
        "import json,resource,subprocess,sys,time\n"
        "began=time.monotonic(); done=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE,stderr=subprocess.STDOUT)\n"
        "used=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps({'code':done.returncode,'wall':time.monotonic()-began,'cpu':used.ru_utime+used.ru_stime,"
        "'peak':used.ru_maxrss/1024,'said':done.stdout.decode(errors='replace')[-2000:]}))"
    )
    command = [sys.executable, "-c", probe, *map(str, command)]
    result = json.loads(subprocess.run(command, env=environment, cwd=cwd, check=True, capture_output=True).stdout)
    if result["code"]:
        sys.exit(f"{command[3:]} failed:\n{result['said']}")
    return result


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def process_cpu(pid):
    """Seconds of CPU that a process and its children have used."""
    total = 0
    for each in [pid, *children(pid)]:
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def spread(values, digits=2):
    """Median, and the least and the most."""
    return between(statistics.median(values), min(values), max(values), digits)


def shown(spread, digits):
    """The same of what the driver has measured."""
    return between(*(spread[which] for which in ("median", "least", "most")), digits)


def between(median, least, most, digits):
    median, least, most = (f"{value:,.{digits}f}" for value in (median, least, most))
    return median if least == most else f"{median} ({least} to {most})"


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]
    versions = "import django,whitenoise,platform,importlib.metadata as m;" \
        "print(platform.python_version(),django.__version__,m.version('whitenoise'),m.version('gunicorn'))"
    py = subprocess.run([python(), "-c", versions], capture_output=True, text=True, check=True).stdout.split()
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "rust": rust,
        **dict(zip(["python", "django", "whitenoise", "gunicorn"], py)),
    }


def table(head, rows, name=None):
    """Prints a table; one with a name is kept for `benches/run`, which writes it into the documentation."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    print("\n".join(lines))
    if name:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n")


def keep(name, results):
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
