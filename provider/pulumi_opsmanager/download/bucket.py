"""Which object does a URL name, and how is it reached? The environment gives keys, region and account.

Only this module imports the library: it is an extra, and slow to import.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pulumi_opsmanager.errors import InvalidInput, InvalidSettings, needs_extra

from .seen import Seen
from .store_failure import StoreFailure, configuration_problem

PART_BYTES = 8 * 1024 * 1024
"""Size of a part of an upload (bytes)."""

_URL = re.compile(r"(?P<scheme>s3|gs|az)://(?P<name>[^/?#@]+)(?:/(?P<key>[^?#]*))?")

# The library's default of 30 seconds is for small answers. A part may need minutes. `client_options` would hide the
# options of the environment, so these limits are passed as `config`.
_LIMITS = {"timeout": "300 seconds", "connect_timeout": "5 seconds"}
_RETRIES = {
    "max_retries": 6,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=10), "base": 2},
}


@dataclass(frozen=True)
class Version:
    """One version of an object.

    Attributes:
        seen: Size and ETag.
        condition: Condition of a write that may replace only this version.
    """

    seen: Seen
    condition: dict[str, str]


@dataclass(frozen=True)
class Bucket:
    """A key in a bucket, or in a container of Azure.

    Attributes:
        scheme: `s3`, `gs` or `az`.
        name: Name of the bucket or container.
        key: Key of the object; empty for the bucket itself.
    """

    scheme: str
    name: str
    key: str

    @classmethod
    def of(cls, url: str) -> Bucket:
        """Read a URL.

        Raises:
            InvalidInput: The URL names no bucket, or has a user, a query or a fragment.
        """
        found = _URL.fullmatch(url)
        if found is None:
            # The URL is not repeated: a user or a query may hold a key.
            raise InvalidInput("the URL of an object must be s3://BUCKET/KEY, gs://BUCKET/KEY or az://CONTAINER/KEY")
        return cls(found["scheme"], found["name"], found["key"] or "")

    @property
    def url(self) -> str:
        """The URL in canonical form."""
        return f"{self.scheme}://{self.name}/{self.key}"

    def open(self) -> StoredObject:
        """Prepare requests for the object. This sends nothing.

        Raises:
            InvalidSettings: The extra is not installed, or the environment does not describe a store.
        """
        if importlib.util.find_spec("obstore") is None:
            raise InvalidSettings(f"{self.url} {needs_extra('buckets')}")
        from obstore import store
        from obstore.exceptions import BaseError

        classes: dict[str, Any] = {"s3": store.S3Store, "gs": store.GCSStore, "az": store.AzureStore}
        try:
            opened = classes[self.scheme](self.name, config=_LIMITS, retry_config=_RETRIES)
        except (BaseError, ValueError) as error:
            problem = configuration_problem(self.scheme, str(error))
            # Not chained: the text of the cause may contain a key of the environment.
            raise InvalidSettings(f"{self.url} cannot be reached: {problem}") from None
        return StoredObject(self, opened)


@dataclass(frozen=True)
class StoredObject:
    """An object, which may not exist, and its requests. Each raises `CannotStore` or `InvalidSettings`."""

    bucket: Bucket
    _store: Any = field(repr=False)  # the library panics where it shows a store of Azure

    def head(self) -> Version | None:
        """The present version; None if the object or the bucket does not exist."""
        import obstore

        with self._asking("cannot be read"):
            try:
                found = obstore.head(self._store, self.bucket.key)
            except FileNotFoundError:
                return None
        condition = {name: value for name in ("e_tag", "version") if isinstance(value := found.get(name), str)}
        return Version(Seen(found["size"], etag=found["e_tag"]), condition)

    def read(self, version: Version, start: int, end: int) -> bytes:
        """Read a range of bytes of one version."""
        import obstore

        options: Any = {"range": (start, end), "if_match": version.seen.etag}
        with self._asking("cannot be read"):
            return bytes(obstore.get(self._store, self.bucket.key, options=options).bytes())

    def write(self, content: bytes, before: Version | None) -> str | None:
        """Write a small object, which may replace only the version `before`; return its ETag.

        Some stores have no conditional writes. There the write has no condition, and only the caller's look protects.
        """
        import obstore

        condition: Any = before.condition if before else "create"
        with self._asking("cannot be written"):
            try:
                found = obstore.put(self._store, self.bucket.key, content, mode=condition, use_multipart=False)
            except Exception as error:
                failure = StoreFailure.of(self.bucket.scheme, error)
                # Azure may count blocks of an ended upload as an object.
                is_free = failure.is_conflict and before is None and self.head() is None
                if not (failure.is_unsupported or is_free):
                    raise
                found = obstore.put(self._store, self.bucket.key, content, use_multipart=False)
        return found["e_tag"]

    def upload(self, pieces: Iterator[bytes]) -> str | None:
        """Write an object of any size; return its ETag. An error of `pieces` ends the upload and passes through.

        The library asks for the next piece after it has stored the part before. If that part failed, it ends the
        upload. It does not do that for parts that are still open when the pieces end.
        """
        import obstore

        def guarded() -> Iterator[bytes]:
            yield from pieces
            yield b""  # waits for the last complete part

        options: Any = {"use_multipart": True, "chunk_size": PART_BYTES, "max_concurrency": 1}
        with self._asking("cannot be written"):
            found = obstore.put(self._store, self.bucket.key, guarded(), **options)
        return found["e_tag"]

    def delete(self) -> None:
        """Delete the object, if it exists."""
        import obstore

        with self._asking("cannot be removed"):
            try:
                obstore.delete(self._store, self.bucket.key)
            except FileNotFoundError:
                return

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            failure = StoreFailure.of(self.bucket.scheme, error)
            # Not chained: the text of the cause has the request and may contain a key.
            raise failure.error(f"{self.bucket.url} {what}", self.bucket.name) from None
