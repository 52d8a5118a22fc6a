"""Applies docs/adding-a-function.md, custom-user.md, hooks.md and password-rule.md to a copy of the checkout, and takes
the tour out of README.md.

A block of the page is applied when the line above it is one of
    New file `PATH`:
    Add to `PATH`, below the line `LINE`:       (or: above the line)
The other blocks are commands and what they print. They are written out for `run`: the tests, the visit, the output.
"""

import pathlib
import re
import shutil
import subprocess
import sys

PAGES = ["adding-a-function.md", "custom-user.md", "hooks.md", "password-rule.md"]
INSTRUCTION = re.compile(r"(New file|Add to) `([^`]+)`(?:, (below|above) the line `([^`]+)`)?:")


def tracked(root: pathlib.Path) -> dict[str, bytes]:
    """What is tracked in `root`, as it is in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    return {name: (root / name).read_bytes() for name in names}


def write(to: pathlib.Path, files: dict[str, bytes]) -> None:
    """Makes `to` hold `files` and nothing else, all of them as new as their copy (`run` says why)."""
    shutil.rmtree(to, ignore_errors=True)
    for name, content in files.items():
        file = to / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def blocks(text: str):
    """The code blocks of a page: the last line of text above each, its language, its content."""
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        above = [line for line in text[: match.start()].splitlines() if line.strip()]
        yield above[-1], match.group(1), match.group(2)


def apply(files: dict[str, bytes], instruction: re.Match, content: str) -> None:
    what, name, where, anchor = instruction.groups()
    if what == "New file":
        if name in files:
            sys.exit(f"{name} exists already")
        files[name] = content.encode()
        return
    lines = files[name].decode().splitlines(keepends=True)
    places = [index for index, line in enumerate(lines) if line.strip() == anchor]
    if len(places) != 1:
        sys.exit(f"{name} has the line `{anchor}` {len(places)} times, not once")
    at = places[0] + (1 if where == "below" else 0)
    files[name] = "".join([*lines[:at], content, *lines[at:]]).encode()


def main() -> None:
    root, to, work = (pathlib.Path(argument) for argument in sys.argv[1:])
    files = tracked(root)
    applied, commands, printed = 0, [], []
    for page in PAGES:
        for above, language, content in blocks((root / "docs" / page).read_text()):
            instruction = INSTRUCTION.fullmatch(above)
            if instruction:
                apply(files, instruction, content)
                applied += 1
            elif language == "sh":
                commands.append(content)
            elif language == "text":
                printed.append(content)
            else:
                sys.exit(f"{page} does not say what to do with a block of {language} below: {above}")
    # The first page visits the site, too; the others test.
    test, start, visit, *tests = commands
    if not all(command.startswith("cargo test ") for command in [test, *tests]):
        sys.exit("a page tests otherwise than `run` does")
    if start.strip() != "cargo manage runserver":
        sys.exit("the page starts the site otherwise than `run` does")
    (expected,) = printed
    write(to, files)
    (work / "test.sh").write_text("".join([test, *tests]))
    (work / "visit.sh").write_text(visit)
    (work / "expected").write_text(expected)
    tour = [content for _, language, content in blocks((root / "README.md").read_text()) if language in ("sh", "text")]
    (_, visit, expected) = tour
    (work / "tour.sh").write_text(visit)
    (work / "tour-expected").write_text(expected)
    print(f"{applied} blocks applied")


main()
