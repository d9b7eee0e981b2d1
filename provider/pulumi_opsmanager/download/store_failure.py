"""What does a failed request to an object store mean? Texts of the library may contain requests and keys; ours do not.

Sources: the pages of error codes of S3, Google Cloud Storage and Azure, and their answers as the library shows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pulumi_opsmanager.errors import CannotStore, InvalidSettings, OpsManagerError

_STATUS = re.compile(r"status code: (\d{3})([A-Za-z ]*)")
# XML of S3, Google and Azure. A code is one word of letters, so it contains no key.
_CODE = re.compile(r"<Code>([A-Za-z]{3,60})</Code>")

_KEYS = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}
_PERMISSIONS = {
    "s3": "s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucket",
    "gs": "the role Storage Object User",
    "az": "the role Storage Blob Data Contributor",
}
_WORDS = {"s3": "bucket", "gs": "bucket", "az": "container"}
_ALLOW_HTTP = {"s3": "AWS_ALLOW_HTTP", "gs": "GOOGLE_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}
_VARIABLES = {"s3": "AWS_*", "gs": "GOOGLE_*", "az": "AZURE_*"}

# If the environment has no keys, the library asks the metadata service of the machine.
_ASKED_MACHINE = re.compile(r"/latest/(?:api/token|meta-data)|computeMetadata|/metadata/(?:identity|instance)")
_WRONG_KEYS = frozenset(
    {
        "AuthenticationFailed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidAuthenticationInfo",
        "InvalidToken",
        "SignatureDoesNotMatch",
    }
)
_WRONG_REGION = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"})
_NO_BUCKET = frozenset({"ContainerBeingDeleted", "ContainerNotFound", "NoSuchBucket"})


@dataclass(frozen=True)
class StoreFailure:
    """A failed request.

    Attributes:
        scheme: `s3`, `gs` or `az`.
        kind: Name of the library's class.
        text: The library's message, which is never shown.
    """

    scheme: str
    kind: str
    text: str

    @classmethod
    def of(cls, scheme: str, error: Exception) -> StoreFailure:
        """Read an error of the library."""
        return cls(scheme, type(error).__name__, str(error))

    @property
    def is_conflict(self) -> bool:
        """Whether the condition of a write or read was not met."""
        return self.kind in {"AlreadyExistsError", "PreconditionError"}

    @property
    def is_unsupported(self) -> bool:
        """Whether the store has no conditional writes."""
        is_known = self.kind in {"NotSupportedError", "NotImplementedError"} or "status code: 501" in self.text
        return is_known or "required for conditional update" in self.text

    def error(self, what: str, bucket: str) -> OpsManagerError:
        """The error for a person.

        Args:
            what: The sentence so far: `s3://bucket/key cannot be written`.
            bucket: Name of the bucket.
        """
        if (words := self._wrong_settings(bucket)) is not None:
            return InvalidSettings(f"{what}: {words}")
        return CannotStore(f"{what}: {self._refusal(bucket)}")

    def _wrong_settings(self, bucket: str) -> str | None:
        keys = _KEYS[self.scheme]
        if _ASKED_MACHINE.search(self.text):
            return f"no credentials were found; set {keys}"
        if "BadScheme" in self.text:
            return f"the endpoint begins with http://; set {_ALLOW_HTTP[self.scheme]}=true to send data without TLS"
        if self._code in _WRONG_REGION or "incorrectly configured region" in self.text:
            return f"the bucket is in another region; set AWS_REGION to the region of {bucket}"
        if self._code in _WRONG_KEYS or self.kind == "UnauthenticatedError":
            return f"the store does not accept the credentials{self._by}; check {keys}"
        return None

    def _refusal(self, bucket: str) -> str:
        word = _WORDS[self.scheme]
        if self.kind == "PermissionDeniedError":
            # The answer to a HEAD has no body, so the cause is unknown.
            doubt = "" if self._code else f"check {_KEYS[self.scheme]}, and "
            return f"the store refuses access{self._by}; {doubt}allow {_PERMISSIONS[self.scheme]}"
        if self._code in _NO_BUCKET:
            return f"the {word} {bucket} does not exist; create it, or choose another path"
        if self.kind == "FileNotFoundError":
            return f"the object or the {word} {bucket} does not exist; run again"
        if self.is_conflict:
            return "somebody else wrote that object meanwhile; choose another path"
        return f"{self._reason}{self._by}; run again later"

    @property
    def _by(self) -> str:
        return f" ({self._code})" if self._code else ""

    @property
    def _code(self) -> str | None:
        found = _CODE.search(self.text)
        return found and found[1]

    @property
    def _reason(self) -> str:
        if found := _STATUS.search(self.text):
            return f"the store answered {found[1]}{found[2].rstrip()}"
        if "kind: Connect" in self.text:
            return "no connection to the store could be made"
        return "the connection to the store was lost, or timed out"


def configuration_problem(scheme: str, text: str) -> str:
    """Why the environment does not describe a store, and what to set."""
    if scheme == "az" and "account" in text.lower():
        return "set AZURE_STORAGE_ACCOUNT_NAME to the name of the storage account"
    return f"a variable {_VARIABLES[scheme]} has a value that cannot be read; check them"
