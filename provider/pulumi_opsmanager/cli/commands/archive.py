"""`archive show` and `archive verify`: what stored archives contain, and whether they changed. They need no server."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pulumi_opsmanager.cli.arguments import examples
from pulumi_opsmanager.cli.terminal import Column, progress, size
from pulumi_opsmanager.cli.terminal import show as show_table
from pulumi_opsmanager.errors import OpsManagerError, counted
from pulumi_opsmanager.instants import format_instant

if TYPE_CHECKING:
    from pulumi_opsmanager.download.contents import Contents, Row
    from pulumi_opsmanager.lifecycle.verification import Verification

_SHOW = (
    "archive show logs.tar.gz",
    """archive show logs.tar.gz --json | jq '.rows[] | select(.logType == "MONGODB")'""",
)
_VERIFY = (
    "archive verify incident/*.tar.gz",
    "archive verify logs.tar.gz --sha256 $(pulumi stack output sha256)",
)

_COLUMNS = (
    *map(Column, ("host", "port", "log type")),
    *(Column(title, justify="right") for title in ("files", "size", "lines")),
    *map(Column, ("first line (UTC)", "last line (UTC)")),
)
_VERDICTS = (
    Column("file"),
    Column("verdict", {"verified": "green", "not verified": "red"}),
    Column("reason", folds=True),
    Column("sha256"),
)


class _Existing(click.Path):
    """An existing file, or the URL of an object, which is not checked yet."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in value else super().convert(value, param, ctx)


@click.group(epilog=examples(*_SHOW, *_VERIFY))
def archive() -> None:
    """Look into archives on this machine or in a bucket."""


@archive.command(epilog=examples(*_SHOW))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_Existing(exists=True, dir_okay=False))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print an object with rows, hash and verdict; a list of them for several files.",
)
def show(files: tuple[str, ...], *, as_json: bool) -> None:
    """Show the hosts and log types in archives, with sizes, lines and time span, and the hash of each file.

    The command reads each complete file (or s3://, gs://, az://). Verified means: gzip stream and tar are complete, and
    the checksum is correct. It warns if the newest line is not from the requested period of the manifest. Exits with 1
    if a file is not verified or holds no Ops Manager logs; the rows are what could be read.
    """
    shown = [_shown(file) for file in files]
    if as_json:
        answers = [_answer(one) for one in shown]
        click.echo(json.dumps(answers if len(answers) > 1 else answers[0], indent=2))
    else:
        for number, one in enumerate(shown):
            if number:
                click.echo()
            _print(one)
    if any(one.found.refusal is not None for one in shown):
        raise click.exceptions.Exit(1)


@archive.command(epilog=examples(*_VERIFY))
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--sha256", metavar="HEX", help="Compare one file with this hash, not with its manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print a list with verdict, reason and hash of each file.")
def verify(files: tuple[str, ...], *, sha256: str | None, as_json: bool) -> None:
    """Verify that archives are still those that were stored.

    The command reads each complete file (or s3://, gs://, az://) and compares hash, sizes and number of files with the
    manifest beside it, NAME.tar.gz.json. Exits with 1 if a file is missing, damaged or different, or has no manifest.
    """
    if sha256 is not None and not re.fullmatch("[0-9A-Fa-f]{64}", sha256):
        raise click.BadParameter("must be 64 hex digits", param_hint="--sha256")
    if sha256 is not None and len(files) > 1:
        raise click.UsageError("--sha256 is the hash of one file; give one FILE")
    found = {file: _verification(file, sha256 and sha256.lower()) for file in files}
    if as_json:
        click.echo(json.dumps([_verdict(file, one) for file, one in found.items()], indent=2))
    else:
        rows = [
            (file, "not verified" if one.problem else "verified", one.problem or _lack(one), one.sha256)
            for file, one in found.items()
        ]
        show_table(_VERDICTS, rows)
    if any(one.problem for one in found.values()):
        raise click.exceptions.Exit(1)


def _verification(file: str, sha256: str | None) -> Verification:
    from pulumi_opsmanager.download.place import place_of
    from pulumi_opsmanager.lifecycle.verification import Verification, verification

    try:
        with progress("verifying", unit="bytes") as report:
            return verification(place_of(file), sha256=sha256, progress=report)
    except OpsManagerError as error:  # a URL of no object
        return Verification(str(error))


def _verdict(file: str, one: Verification) -> dict[str, Any]:
    return {
        "file": file,
        "verified": one.problem is None,
        "problem": one.problem,
        "sha256": one.sha256,
        "expectedSha256": one.expected_sha256,
        "complete": one.manifest and one.manifest.complete,
        "missing": one.manifest and one.manifest.missing,
    }


def _lack(one: Verification) -> str:
    """Return the parts that a verified archive lacked when it was stored."""
    if one.manifest is None or one.manifest.complete:
        return ""
    parts = f": {counted(one.manifest.missing, 'part')} missing" if one.manifest.missing else ""
    return f"incomplete since its download{parts}"


@dataclass(frozen=True)
class _Shown:
    file: str
    found: Contents
    sha256: str | None = None  # None if the file cannot be read
    outside_window: str | None = None  # warning about the newest line
    other_manifest: bool = False  # whether the manifest beside it is that of other bytes


def _shown(file: str) -> _Shown:
    from pulumi_opsmanager.download.contents import Contents, contents
    from pulumi_opsmanager.download.place import place_of
    from pulumi_opsmanager.download.reading import Reading
    from pulumi_opsmanager.lifecycle.manifest import found_manifest
    from pulumi_opsmanager.lifecycle.verification import outside_window

    try:
        place = place_of(file)
        seen = place.look()
        if seen is None:
            return _Shown(file, Contents((), 0, None, "it does not exist"))
        reading = Reading(place.pieces())
        with progress("reading", unit="bytes", total=seen.size_bytes) as report:
            found = contents(reading, progress=report)
            reading.drain()
    except OpsManagerError as error:
        return _Shown(file, Contents((), 0, None, str(error)))
    manifest = None
    with suppress(OpsManagerError):  # `verify` reports the problem of a manifest
        manifest = found_manifest(place)
    if manifest is None or manifest.sha256 != reading.sha256:
        return _Shown(file, found, reading.sha256, other_manifest=manifest is not None)
    newest = max((row.last for row in found.rows if row.last), default=None)
    return _Shown(file, found, reading.sha256, outside_window(manifest, newest))


def _answer(one: _Shown) -> dict[str, Any]:
    return {
        "file": one.file,
        "verified": one.found.refusal is None,
        "problem": one.found.refusal,
        "sha256": one.sha256,
        "outsideWindow": one.outside_window,
        "otherFiles": one.found.others,
        "suspicious": one.found.suspicious,
        "rows": [_values(row) for row in one.found.rows],
    }


def _values(row: Row) -> dict[str, Any]:
    """The values of a row by their names in JSON, in the order of the columns."""
    return {
        "host": row.host,
        "port": row.port,
        "logType": row.log_type,
        "files": row.files,
        "sizeBytes": row.size_bytes,
        "lines": row.lines,
        "first": row.first and format_instant(row.first),
        "last": row.last and format_instant(row.last),
    }


def _print(one: _Shown) -> None:
    found = one.found
    if found.rows:
        rows = [_values(row) | {"sizeBytes": size(row.size_bytes)} for row in found.rows]
        show_table(_COLUMNS, [list(row.values()) for row in rows])
    if found.others:
        click.echo(f"{counted(found.others, 'other file')} outside the folders of Ops Manager logs", err=True)
    warnings = [found.suspicious, one.outside_window]
    if one.other_manifest:
        warnings.append("the manifest beside it has another sha256; `archive verify` compares them")
    for warning in filter(None, warnings):
        click.echo(f"warning: {one.file}: {warning}", err=True)
    verdict = "verified" if found.refusal is None else f"not verified: {found.refusal}"
    click.echo(f"{one.file}: {verdict if found.rows or found.refusal else 'verified, without files'}")
    if one.sha256:
        click.echo(f"sha256 {one.sha256}")
