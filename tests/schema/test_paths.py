from __future__ import annotations

import pytest

from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.paths import path_problem
from pulumi_opsmanager.schema.validate import validate
from tests.support import JOB

URL = "must be a path on this machine, not a URL"
OBJECT_STORAGE = f"{URL}: this version stores no archive in object storage"
WINDOWS = "must be a path on this machine, not a Windows path"
CONTROL = "must not hold control characters, such as a line break or NUL"


def unexpanded(variable: str) -> str:
    return f"must not hold {variable}, which is not expanded here: write its value"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("s3://bucket/x.tar.gz", OBJECT_STORAGE),
        ("S3://bucket/x.tar.gz", OBJECT_STORAGE),
        ("s3:/bucket/x.tar.gz", OBJECT_STORAGE),
        ("gs://bucket/", OBJECT_STORAGE),
        ("az://container/x", OBJECT_STORAGE),
        ("https://host/x.tar.gz", OBJECT_STORAGE),
        ("/work/s3://bucket/x", OBJECT_STORAGE),
        ("file:///logs/x.tar.gz", f"{URL}: leave out file://"),
        ("FILE:/logs/x.tar.gz", f"{URL}: leave out file://"),
        ("C:\\logs\\x.tar.gz", WINDOWS),
        ("c:/logs/x.tar.gz", WINDOWS),
        ("C:x.tar.gz", WINDOWS),
        ("\\\\host\\share\\x", WINDOWS),
        ("logs\\x.tar.gz", WINDOWS),
        ("$HOME/x", unexpanded("$HOME")),
        ("${HOME}/x", unexpanded("${HOME}")),
        ("logs-$(date +%F).tar.gz", unexpanded("$(date +%F)")),
        ("logs-`date`.tar.gz", unexpanded("`date`")),
        ("logs/$rs/x", unexpanded("$rs")),
        ("%USERPROFILE%/x", unexpanded("%USERPROFILE%")),
        ("~/x", "must not begin with ~, which is not expanded here: write the folder out"),
        ("~user/x", "must not begin with ~, which is not expanded here: write the folder out"),
        ("a\0b", CONTROL),
        ("logs\n.tar.gz", CONTROL),
        ("logs\x1b[2J", CONTROL),
        ("logs\x85", CONTROL),
        ("logs\u2028", CONTROL),
        (" ", "must not be empty"),
    ],
)
def test_path_that_is_none_here_is_refused(path: str, rule: str) -> None:
    """It would become a folder of that name, or fail after the job was made."""
    assert path_problem(path) == rule
    _, failures = validate(ArchiveInputs, {"jobId": JOB, "path": path})
    assert [(failure.path, failure.rule) for failure in failures] == [("path", rule)]


@pytest.mark.parametrize(
    "path",
    [
        "logs.tar.gz",
        "./logs/",
        "../logs/x.tar.gz",
        "/var/logs/x.tar.gz",
        "//server/x",
        "größe/日本語/🪵.tar.gz",
        "gro\u0308ße.tar.gz",
        "my logs/x y.tar.gz",
        "db1.example.net:27017/logs.tar.gz",
        "2026-03-02T09:15:01Z.tar.gz",
        "logs~/x~.tar.gz",
        "5$.tar.gz",
        "100%/50%.tar.gz",
        "a%20b%20c",
        "{braces}/[x]*?.tar.gz",
    ],
)
def test_path_of_this_machine_is_taken(path: str) -> None:
    """Relative and absolute ones, in any script, with blanks and the signs that names of hosts and dates have."""
    assert path_problem(path) is None


def test_half_of_a_surrogate_pair_is_refused() -> None:
    """No file system takes it, and the check says so in one line."""
    assert path_problem("logs\ud83d") == CONTROL
    _, failures = validate(ArchiveInputs, {"jobId": JOB, "path": "logs\ud83d"})
    assert [failure.rule for failure in failures] == ["must be text that UTF-8 can write, not 'logs\ufffd'"]
