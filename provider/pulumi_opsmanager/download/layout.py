"""Where does a file of an archive come from? The vendor's folders, read back into host, port and log type.

Source: vendor tutorial "View, Retrieve, and Manage Logs" and the endpoint's page, 4.2 to 8.0. They disagree on
agents: own folders, or `automation_agent` for all three. The file's name decides there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """What a log was collected from.

    Attributes:
        host: As the archive writes it.
        port: Of the process; None for agents, and for routers where the layout has none.
        log_type: The vendor's word.
    """

    host: str
    port: str | None
    log_type: str


_AGENT_FOLDER = "(?:automation|backup|monitoring)_agent"
_PORT = r"(?P<port>\d{1,5})"
_SHARD_MEMBER = f"(?:[^/]+/)?{_PORT}"

# Below the host's folder; the first that fits counts. Routers are mongos processes, whose logs are of type MONGODB.
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
    """One spelling for all that mean one place: `/` between folders, none of them empty or `.`, letters composed."""
    folders = name.replace("\\", "/").split("/")
    return unicodedata.normalize("NFC", "/".join(folder for folder in folders if folder not in ("", ".")))


def source_of(name: str) -> Source | None:
    """Read a member's name; None when its place is not understood.

    Args:
        name: In any spelling that `plain_name` knows.
    """
    plain = plain_name(name)
    for pattern, log_type in _LAYOUTS:
        if found := pattern.match(plain):
            return Source(found["host"], found.groupdict().get("port"), log_type)
    return None
