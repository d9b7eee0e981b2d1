"""Archives made by other code than ours: Python's tarfile and gzip."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

LOGS = {
    "db1.example.net/27017/mongodb/mongodb.log": b'{"t":{"$date":"2026-03-02T09:15:01.123Z"},"s":"I"}\n' * 40,
    "db1.example.net/27017/ftdc/metrics.interim": bytes(range(256)) * 5,
    "db1.example.net/automation_agent/automation-agent-verbose.log": b"[2026-03-02T09:16:00.000+0000] [info] up\n" * 9,
}


def tar_of(files: Mapping[str, bytes], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w", format=form) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return tape.getvalue()


def archive_of(files: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar_of(files), mtime=0)
