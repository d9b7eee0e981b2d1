"""Where is the server, and who are we? The one table of settings, and how they are found and judged."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pulumi_opsmanager.errors import InvalidSettings, shorten

API_PATH = "/api/public/v1.0"
"""Path of the API below the server's root; a base URL may be given with or without it."""

_SHOWN_CHARACTERS = 80
_MAX_TIMEOUT_SECONDS = 3600

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
"""Form of every id, of projects as of jobs."""


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes:
        name: Field of `Settings` and argument of `Provider`.
        key: Configuration key, in the namespace `opsmanager`.
        variables: Environment variables to fall back to, in this order.
        meaning: For the documentation.
        profile_key: Its name in a profile of mongocli; None = profiles do not have it.
        required: Its absence is an error (the project id may also be an input).
        secret: Never shown.
    """

    name: str
    key: str
    variables: tuple[str, ...]
    meaning: str
    profile_key: str | None = None
    required: bool = False
    secret: bool = False


SETTINGS = (
    Setting(
        "base_url",
        "baseUrl",
        ("OPSMANAGER_BASE_URL", "MCLI_OPS_MANAGER_URL"),
        f"Where the server is, with or without `{API_PATH}`: `https://om.example.net:8443`.",
        profile_key="ops_manager_url",
        required=True,
    ),
    Setting(
        "public_key",
        "publicKey",
        ("OPSMANAGER_PUBLIC_KEY", "MCLI_PUBLIC_API_KEY"),
        "The API key's public part.",
        profile_key="public_api_key",
        required=True,
    ),
    Setting(
        "private_key",
        "privateKey",
        ("OPSMANAGER_PRIVATE_KEY", "MCLI_PRIVATE_API_KEY"),
        "The API key's private part; set it with `--secret`.",
        profile_key="private_api_key",
        required=True,
        secret=True,
    ),
    Setting(
        "project_id",
        "projectId",
        ("OPSMANAGER_PROJECT_ID", "MCLI_PROJECT_ID"),
        "Project of jobs that name none: 24 lower-case hex digits.",
        profile_key="project_id",
    ),
    Setting(
        "ca_file",
        "caFile",
        ("OPSMANAGER_CA_FILE",),
        "PEM file whose certificates replace the default roots.",
        profile_key="ops_manager_ca_certificate",
    ),
    Setting(
        "timeout_seconds",
        "timeoutSeconds",
        (),
        "How long to wait for a connection, and for each next byte of an answer. A complete body may take ten times "
        "that, an archive longer. Default: 60.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """A complete, judged set of settings. Hashable: one client is kept for each.

    Attributes:
        base_url: Scheme, host, port and any path prefix; no trailing slash, no API path.
        public_key: User name of the digest.
        private_key: Password of the digest; not in `repr`.
        project_id: Default project, None when only the resources name one.
        ca_file: PEM file; None for certifi's roots, or those that REQUESTS_CA_BUNDLE names.
        timeout_seconds: Bound for connecting, and for each wait for bytes.
    """

    base_url: str
    public_key: str
    private_key: str = field(repr=False)
    project_id: str | None = None
    ca_file: str | None = None
    timeout_seconds: float = 60.0

    @property
    def api_url(self) -> str:
        """Base URL of every request."""
        return self.base_url + API_PATH

    @property
    def is_in_clear(self) -> bool:
        """Whether others can read what is sent: plain HTTP that leaves this machine."""
        url = urlsplit(self.base_url)
        return url.scheme == "http" and not _is_loopback(url.hostname or "")

    @property
    def is_cloud_manager(self) -> bool:
        """Cloud Manager takes the collection window as text, Ops Manager as epoch milliseconds."""
        host = urlsplit(self.base_url).hostname or ""
        return host.endswith((".mongodb.com", ".mongodbgov.com"))


def find(
    configured: Callable[[str], str | None], environment: Mapping[str, str], profile: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Collect what is set: configuration, each variable in its order, then the profile; empty text counts as unset.

    Args:
        configured: Looks up a key of the table, without namespace.
        environment: Usually `os.environ`.
        profile: Texts by mongocli's names. Only the command line has one: what a program applies to must not hang on a
            file that happens to be in somebody's home.
    """
    found = {}
    for row in SETTINGS:
        candidates = (
            configured(row.key),
            *(environment.get(name) for name in row.variables),
            profile.get(row.profile_key) if profile and row.profile_key else None,
        )
        value = next((str(text).strip() for text in candidates if text is not None and str(text).strip()), None)
        if value is not None:
            found[row.name] = value
    return found


def judge(found: Mapping[str, str], *, project_needed: bool = False) -> Settings:
    """Make settings of what was found, or say all that is wrong at once.

    Args:
        found: Texts by setting name.
        project_needed: Also require the project id: the resource at hand names none.

    Raises:
        InvalidSettings: Everything missing or malformed, with the ways to give what is missing.
    """
    missing = [
        row
        for row in SETTINGS
        if (row.required or (project_needed and row.name == "project_id")) and row.name not in found
    ]
    problems = [
        f"{row.key} {problem}"
        for row in SETTINGS
        if row.name in found and (problem := _JUDGES[row.name](found[row.name]))
    ]
    if missing:
        problems.append(f"{', '.join(row.key for row in missing)} missing; {_ways_to_give(missing)}")
    if problems:
        raise InvalidSettings("settings of Ops Manager: " + "; ".join(problems))
    return Settings(
        base_url=_without_api_path(found["base_url"]),
        public_key=found["public_key"],
        private_key=found["private_key"],
        project_id=found.get("project_id"),
        ca_file=found.get("ca_file"),
        timeout_seconds=float(found.get("timeout_seconds", Settings.timeout_seconds)),
    )


def _ways_to_give(rows: list[Setting]) -> str:
    secret = "[--secret] " if any(row.secret for row in rows) else ""
    variables = ", ".join(row.variables[0] for row in rows)
    return (
        f"set with `pulumi config set {secret}opsmanager:{rows[0].key if len(rows) == 1 else 'KEY'} VALUE`, "
        f"in the environment ({variables}; mongocli's MCLI_* names work too) or on an explicit Provider"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # RFC 6761 keeps these names, with or without the root's dot, for this machine.
        name = host.removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")


def _without_api_path(url: str) -> str:
    return url.rstrip("/").removesuffix(API_PATH).rstrip("/")


def _shown(value: str) -> str:
    return repr(shorten(value, _SHOWN_CHARACTERS))


def _url_problem(url: str) -> str | None:
    # Not shown when it may hold a password or a token.
    shown = "the given text" if "@" in url else _shown(url.partition("?")[0].partition("#")[0])
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it is the check: it raises for a port that is no number
    except ValueError:
        return f"must be a URL of the form https://host:port, not {shown}"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user name or a password; keys have settings of their own"
    if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, url)):
        return f"must be a URL of the form https://host:port, not {shown}"
    if parts.query or parts.fragment:
        return f"must not have a query or a fragment: {shown}"
    return None


def _key_problem(key: str) -> str | None:
    # An HTTP header takes nothing else, and two lines pasted as one key are a common slip.
    return None if key.isascii() and key.isprintable() and " " not in key else "must be printable ASCII without spaces"


def _project_problem(project_id: str) -> str | None:
    return None if OBJECT_ID.fullmatch(project_id) else f"must be 24 lower-case hex digits, not {_shown(project_id)}"


def _ca_problem(path: str) -> str | None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one: a file without a PEM certificate
        reason = "holds no PEM certificate" if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"
        return f"{_shown(path)} {reason}"
    return None


def _timeout_problem(text: str) -> str | None:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    in_range = 0 < seconds <= _MAX_TIMEOUT_SECONDS
    return None if in_range else f"must be more than 0 and at most {_MAX_TIMEOUT_SECONDS} seconds, not {_shown(text)}"


_JUDGES: Mapping[str, Callable[[str], str | None]] = {
    "base_url": _url_problem,
    "public_key": _key_problem,
    "private_key": _key_problem,
    "project_id": _project_problem,
    "ca_file": _ca_problem,
    "timeout_seconds": _timeout_problem,
}
