from __future__ import annotations

import pytest

from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.paths import path_problem
from pulumi_opsmanager.schema.validate import validate
from tests.support import JOB

URL = "must be a path, or a URL with s3://, gs:// or az://, not another URL"
SLASHES = "must have two slashes after the scheme: give text, because Path removes one"
QUERY = "must not hold a query or a fragment: the environment gives keys and options"
USER = "must not hold a user or a key: the environment gives them"
NO_BUCKET = "must name a bucket: s3://BUCKET/KEY"
BUCKET = "must name a bucket in lower-case letters, digits, - and ."
EMPTY = "must not have an empty folder in its key"
DOTS = "must not have the folder . or .. in its key"
WINDOWS = "must be a path on this machine, not a Windows path"
CONTROL = "must not hold control characters, such as a line break or NUL"


def unexpanded(variable: str) -> str:
    return f"must not hold {variable}, which is not expanded here: write its value"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("S3://bucket/x.tar.gz", URL),
        ("s3:/bucket/x.tar.gz", SLASHES),
        ("gs:/bucket/x.tar.gz", SLASHES),
        ("http://host/x.tar.gz", URL),
        ("https://host/x.tar.gz", URL),
        ("https:/host/x.tar.gz", URL),
        ("ftp://host/x.tar.gz", URL),
        ("azure://container/x", URL),
        ("/work/s3://bucket/x", URL),
        ("s3://", NO_BUCKET),
        ("s3:///x", NO_BUCKET),
        ("s3://Bucket/x", BUCKET),
        ("s3://my bucket/x", BUCKET),
        ("gs://b", BUCKET),
        ("s3://bucket//x", EMPTY),
        ("s3://bucket/a//", EMPTY),
        ("s3://bucket/../x", DOTS),
        ("s3://bucket/a/.", DOTS),
        ("s3://AKIA:secret@bucket/x", USER),
        ("az://container/x?sv=2023&sig=secret", QUERY),
        ("s3://bucket/x#1", QUERY),
        ("s3://bucket/a\\b", "must not hold a backslash"),
        ("s3://bucket/$HOME/x", unexpanded("$HOME")),
        ("s3://$BUCKET/x", unexpanded("$BUCKET")),
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
def test_unexpanded_or_unprintable_path_is_refused(path: str, rule: str) -> None:
    """Otherwise it would become a folder of that name, or fail after the job was created."""
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
        "s3://bucket",
        "s3://bucket/",
        "s3://my.bucket-1/logs/x.tar.gz",
        "gs://my_bucket/größe/日本語/my logs/",
        "az://logs/~x/2026-03-02T09:15:01Z.tar.gz",
    ],
)
def test_valid_path_or_url_is_accepted(path: str) -> None:
    """Relative and absolute paths are accepted, in any script, with spaces and characters of host names and dates."""
    assert path_problem(path) is None


def test_half_of_a_surrogate_pair_is_refused() -> None:
    """No file system accepts it, and check reports it in one line."""
    assert path_problem("logs\ud83d") == CONTROL
    _, failures = validate(ArchiveInputs, {"jobId": JOB, "path": "logs\ud83d"})
    assert [failure.rule for failure in failures] == ["must be text that UTF-8 can write, not 'logs\ufffd'"]
