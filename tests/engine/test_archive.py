"""Archives through the real engine: real files, and what previews say of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import HEAD, Stack

NewStack = Callable[..., Stack]

PROGRAM = (
    HEAD
    + """\
job = om.LogCollectionJob("job", **(GOOD | dict(log_types=TYPES)))
done = om.LogCollectionCompletion("done", job_ids=[job.id])
for path in PATHS:
    om.LogArchive(path, job_id=job.id, path=path, if_missing=path.partition("-")[0], keep_on_delete=False,
        opts=pulumi.ResourceOptions(depends_on=[done]))
"""
)

ALTERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing"),
    "size": (lambda file: file.write_bytes(b"altered"), "was changed: it has 7 bytes, not "),
    "time": (lambda file: os.utime(file, ns=(1, 1)), "was changed"),
}

# The words that a preview shows, by `if_missing`.
ENDINGS = {
    "download": "; up downloads it again",
    "ignore": ', and if_missing="ignore" accepts that',
}


def program(paths: Sequence[str], log_types: Sequence[str]) -> str:
    """One job, its completion, and an archive at each path; a path begins with its `if_missing`."""
    return PROGRAM.replace("TYPES", repr(log_types)).replace("PATHS", repr(paths))


def hashes(stack: Stack) -> dict[str, str]:
    """The hash in the state of each archive, which is that of its file."""
    stored = {archive["name"]: archive["outputs"]["sha256"] for archive in stack.resources("LogArchive")}
    assert stored == {name: hashlib.sha256((stack.folder / name).read_bytes()).hexdigest() for name in stored}
    return stored


def test_altered_file_is_a_change_unless_it_is_ignored(new_stack: NewStack, server: Emulator) -> None:
    """Previews name file, reason and remedy; a new job's archives replace the old files before the old job goes."""
    downloaded, ignored = ([f"{if_missing}-{name}.tar.gz" for name in ALTERED] for if_missing in ENDINGS)
    stack = new_stack(program(downloaded + ignored, ["MONGODB", "FTDC"]))
    assert stack.preview() == {"create": 9}
    stack.up()
    before = hashes(stack)
    for if_missing in ENDINGS:
        for name, (alter, _) in ALTERED.items():
            alter(stack.folder / f"{if_missing}-{name}.tar.gz")
    assert stack.preview() == {"update": 3}
    for if_missing, ending in ENDINGS.items():
        for name, (_, words) in ALTERED.items():
            start = f"{if_missing}-{name}.tar.gz {words}"
            assert any(line.startswith(start) and line.endswith(ending) for line in stack.lines), start
    assert stack.up() == {"update": 3}
    server.forget_requests()
    assert stack.preview() == {}
    assert server.requests == []
    stack.program(program(downloaded, ["FTDC"]))
    for change in (stack.preview, stack.up):
        assert change() == {"replace": 1, "update": 4, "delete": 3}
    after = hashes(stack)
    assert after.keys() == set(downloaded)
    assert set(after.values()).isdisjoint(before.values())
    assert stack.preview() == {}
    stack.destroy()
    # A changed file is not removed.
    assert {path.name for path in stack.folder.glob("*.gz")} == {"ignore-size.tar.gz", "ignore-time.tar.gz"}


REPLACED = (
    HEAD
    + """\
job = om.LogCollectionJob("job", **GOOD)
done = om.LogCollectionCompletion("done", job_ids=[job.id])
for name, options in {"first": {}, "after": {"delete_before_replace": True}}.items():
    om.LogArchive(name, job_id=job.id, path=f"{name}.tar.gz", triggers=[TRIGGER], keep_on_delete=False,
        opts=pulumi.ResourceOptions(depends_on=[done], replace_on_changes=["triggers"], **options))
"""
)


def test_replaced_archive_has_its_file(new_stack: NewStack) -> None:
    """This holds for both orders, a changed input and a taint. No line says that a file changed or stays."""
    stack = new_stack(REPLACED.replace("TRIGGER", "1"))
    stack.up()
    stack.program(REPLACED.replace("TRIGGER", "2"))
    for change in (stack.preview, stack.up):
        assert change() == {"replace": 2}
        assert not [line for line in stack.lines if ".tar.gz" in line]
    files = {"first.tar.gz", "after.tar.gz"}
    assert {file.name for file in stack.folder.glob("*.tar.gz")} == files
    exported = json.loads(stack.shell("pulumi stack export").stdout)["deployment"]["resources"]
    for urn in (resource["urn"] for resource in exported if resource["urn"].endswith(("::first", "::after"))):
        assert stack.shell(f"pulumi state taint --yes {urn}").returncode == 0
    assert stack.up() == {"replace": 2}
    assert not [line for line in stack.lines if "changed" in line or "removed" in line]
    assert {file.name for file in stack.folder.glob("*.tar.gz")} == files
    assert stack.preview() == {}
    stack.destroy()
    assert not list(stack.folder.glob("*.tar.gz"))
