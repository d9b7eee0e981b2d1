"""Which host, port and log type does a file of an archive come from? Its folders show that.

Source: vendor tutorial "View, Retrieve, and Manage Logs" and the page of the endpoint, 4.2 to 8.0. Agents have a folder
each in one source, and share `automation_agent` in the other. There the name of the file decides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """The process or agent that wrote a log.

    The host is as in the archive, the log type as the vendor writes it. Agents and some routers have no port.
    """

    host: str
    port: str | None
    log_type: str


_AGENT_FOLDER = "(?:automation|backup|monitoring)_agent"
_PORT = r"(?P<port>\d{1,5})"
_SHARD_MEMBER = f"(?:[^/]+/)?{_PORT}"

# Paths below the folder of the host; the first match counts. Routers are mongos processes with logs of type MONGODB.
_LAYOUTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?P<host>[^/]+)/{place}[^/]"), log_type)
    for place, log_type in (
        (f"{_AGENT_FOLDER}/(?=automation-agent)", "AUTOMATION_AGENT"),
        (f"{_AGENT_FOLDER}/(?=backup-agent)", "BACKUP_AGENT"),
        (f"{_AGENT_FOLDER}/(?=monitoring-agent)", "MONITORING_AGENT"),
        ("automation_agent/", "AUTOMATION_AGENT"),
        ("backup_agent/", "BACKUP_AGENT"),
        ("monitoring_agent/", "MONITORING_AGENT"),
        (f"{_SHARD_MEMBER}/mongodb/", "MONGODB"),
        (f"{_SHARD_MEMBER}/ftdc/", "FTDC"),
        (f"(?:{_PORT}/)?mongos/", "MONGODB"),
    )
)


def plain_name(name: str) -> str:
    """Normalize a path in an archive: `/` between folders, no empty folder, no `.`, composed letters (NFC)."""
    folders = name.replace("\\", "/").split("/")
    return unicodedata.normalize("NFC", "/".join(folder for folder in folders if folder not in ("", ".")))


def source_of(name: str) -> Source | None:
    """Return the source of a file by its path in the archive, also before `plain_name`; None if no layout has it."""
    plain = plain_name(name)
    for pattern, log_type in _LAYOUTS:
        if found := pattern.match(plain):
            return Source(found["host"], found.groupdict().get("port"), log_type)
    return None
