"""Log lines have the form of hclog, and a failed line never ends a call."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from pulumi_opsmanager.terraform.log import log, send_logging

logger = logging.getLogger("pulumi_opsmanager.api.client")


@pytest.fixture
def sent() -> Iterator[None]:
    """The package's logging as lines, for one test."""
    package = logging.getLogger("pulumi_opsmanager")
    before = package.level, list(package.handlers)
    send_logging()
    yield
    package.level, package.handlers = before


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_has_the_keys_that_terraform_reads(capsys: pytest.CaptureFixture[str]) -> None:
    log("info", "job made\nin two lines", job="69a5", where=Path("/tmp"))  # noqa: S108  any path
    [line] = lines(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("@timestamp"))
    assert line == {
        "@level": "info",
        "@message": "job made\nin two lines",
        "@module": "opsmanager",
        "job": "69a5",
        "where": "/tmp",  # noqa: S108
    }


@pytest.mark.parametrize(
    ("number", "level"),
    [(10, "debug"), (20, "info"), (30, "warn"), (40, "error"), (50, "error")],
)
def test_a_record_of_the_package_keeps_its_level(
    number: int, level: str, sent: None, capsys: pytest.CaptureFixture[str]
) -> None:
    del sent
    logging.getLogger("pulumi_opsmanager").setLevel(1)
    logger.log(number, "answered %d", 200)
    [line] = lines(capsys)
    assert (line["@level"], line["@message"], line["logger"]) == (level, "answered 200", logger.name)


def test_a_record_that_does_not_fit_its_arguments_ends_nothing(sent: None, capsys: pytest.CaptureFixture[str]) -> None:
    del sent
    own = logging.getLogger("pulumi_opsmanager").handlers[-1]  # pytest's own handler raises
    own.handle(logging.makeLogRecord({"levelno": 20, "levelname": "INFO", "msg": "%d", "args": ("text",)}))
    assert "Logging error" in capsys.readouterr().err


def test_other_libraries_write_no_line(sent: None, capsys: pytest.CaptureFixture[str]) -> None:
    del sent
    logging.getLogger("urllib3").info("quiet")
    assert lines(capsys) == []


class Gone:
    """A stream whose reader has closed it."""

    def write(self, _text: str) -> None:
        raise BrokenPipeError

    def flush(self) -> None:
        raise AssertionError("nothing was written")


def test_a_failed_write_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed: IO[str] = (tmp_path / "closed").open("w")
    closed.close()
    for stream in (Gone(), closed):
        monkeypatch.setattr(sys, "stderr", stream)
        log("error", "nobody reads it")
