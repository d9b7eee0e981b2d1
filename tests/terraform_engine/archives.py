"""Archives in configurations: their text, and their files."""

from __future__ import annotations

from pathlib import Path

from tests.support import sha256_of
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import LOGS, block, stored

COPY = "opsmanager_log_archive.copy"
"""Address of the archive that `archive` declares."""

PATH = "logs/copy.tar.gz"
"""Path of its file."""


def archive(name: str = "copy", **values: str) -> str:
    """An archive of the job. Its delete removes the file, unless the values say otherwise."""
    given = {"job_id": f"{LOGS}.id", "path": f'"{PATH}"', "keep_on_delete": "false"}
    return block("opsmanager_log_archive", name, given | values)


def file_of(configuration: Configuration, address: str = COPY) -> Path:
    """The file of an archive. Its hash and size equal those in the state."""
    known = stored(configuration, address)
    file = configuration.folder / str(known["file"])
    assert (known["sha256"], known["size_bytes"]) == (sha256_of(file), file.stat().st_size)
    return file


def files(configuration: Configuration) -> set[str]:
    """Paths of all archives on the disk, drafts included. Each has its manifest."""
    found = [*configuration.folder.rglob("*.tar.gz*"), *configuration.folder.rglob(".*.tar.gz*")]
    paths = {str(path.relative_to(configuration.folder)) for path in found}
    archives = {path for path in paths if not path.endswith(".json")}
    assert {f"{path}.json" for path in archives} == paths - archives
    return archives
