"""Log lines in the form that Terraform reads from a provider's stderr: one JSON object of hclog for each."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any, Final, Literal

from pulumi_opsmanager.clock import wall_clock

Level = Literal["trace", "debug", "info", "warn", "error"]

_LEVELS: Final[Mapping[str, Level]] = {"DEBUG": "debug", "INFO": "info", "WARNING": "warn"}


def log(level: Level, message: str, **more: Any) -> None:
    """Write one line, with further values by name. Terraform shows it at its level when `TF_LOG` is set.

    A failed write is ignored, because Terraform may be gone. What is not JSON is written as text.
    """
    written = wall_clock().now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    line = {"@level": level, "@message": message, "@module": "opsmanager", "@timestamp": written, **more}
    try:
        sys.stderr.write(json.dumps(line, default=str) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # a broken pipe, or a closed file
        return


def send_logging() -> None:
    """Write all log records of the package as such lines. Terraform shows those of the level in `TF_LOG`."""
    logger = logging.getLogger("pulumi_opsmanager")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(_Lines())


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            log(_LEVELS.get(record.levelname, "error"), record.getMessage(), logger=record.name)
        except Exception:  # noqa: BLE001  a message that does not fit its arguments must not end a call
            self.handleError(record)
