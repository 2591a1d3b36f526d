"""What the house tests share: the files of this project, where they are, and how a test ends.

Python's standard library only. A test exits 0 (every rule holds), 1 (each breach on a line of its own,
`path:line: what`), or 77 (could not be run here: a compiler is missing), which meson reports as skipped.
"""
import os
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
include = root / "include"
skipped = 77

code_suffixes = {".hpp", ".cuh", ".inl", ".cpp", ".cu", ".h"}


def project_files(top=root):
    """The project's own files, relative paths: what git would commit; without git, everything but build folders."""
    if (top / ".git").exists():
        listing = subprocess.run(["git", "-C", str(top), "ls-files", "-z", "-co", "--exclude-standard"],
                                 capture_output=True, text=True)
        if listing.returncode == 0:
            return sorted(path for path in map(pathlib.PurePosixPath, listing.stdout.split("\0")[:-1])
                          if (top / path).is_file())
    found = []
    for folder, folders, names in os.walk(top):
        here = pathlib.Path(folder).relative_to(top)
        folders[:] = [name for name in folders
                      if name not in (".git", ".venv", "__pycache__") and not (str(here) == "." and name.startswith("build"))]
        found += [pathlib.PurePosixPath((here / name).as_posix()) for name in names]
    return sorted(found)


def text_of(top, path):
    """The file as text, or None where it is not text (a checkpoint, a picture)."""
    data = (top / path).read_bytes()
    if b"\0" in data[:4096]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def public_headers(top=root):
    """Every header of the library, relative to include/."""
    folder = top / "include"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.hpp"))


def finish(breaches, subject):
    """Prints the breaches and ends the test."""
    for breach in breaches:
        print(breach)
    print(f"{subject}: " + (f"{len(breaches)} breaches" if breaches else "every rule holds"))
    sys.exit(1 if breaches else 0)
