"""Where is the server, and which key pair is used? The table of settings, and how to find and check them."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pulumi_opsmanager.errors import InvalidSettings, Subject, shorten

API_PATH = "/api/public/v1.0"
"""Path of the API below the server's root; a base URL is accepted with or without it."""

_SHOWN_CHARACTERS = 80
_MAX_TIMEOUT_SECONDS = 3600
OBJECT_ID = re.compile(r"[0-9a-f]{24}")
"""Form of every id of a project or job."""


@dataclass(frozen=True)
class Setting:
    """One row of the table."""

    name: str  # field of `Settings`, and the name in messages
    key: str  # configuration key, in the namespace `opsmanager`
    variables: tuple[str, ...]  # environment variables in the order in which they are tried, after the configuration
    meaning: str  # sentence for the documentation
    profile_key: str | None = None  # its name in a profile of mongocli; None if profiles do not have it
    required: bool = False
    secret: bool = False


SETTINGS = (
    Setting(
        "base_url",
        "baseUrl",
        ("OPSMANAGER_BASE_URL", "MCLI_OPS_MANAGER_URL"),
        f"URL of the server, with or without `{API_PATH}`: `https://om.example.net:8443`.",
        profile_key="ops_manager_url",
        required=True,
    ),
    Setting(
        "public_key",
        "publicKey",
        ("OPSMANAGER_PUBLIC_KEY", "MCLI_PUBLIC_API_KEY"),
        "Public part of the API key.",
        profile_key="public_api_key",
        required=True,
    ),
    Setting(
        "private_key",
        "privateKey",
        ("OPSMANAGER_PRIVATE_KEY", "MCLI_PRIVATE_API_KEY"),
        "Private part of the API key, a secret.",
        profile_key="private_api_key",
        required=True,
        secret=True,
    ),
    Setting(
        "project_id",
        "projectId",
        ("OPSMANAGER_PROJECT_ID", "MCLI_PROJECT_ID"),
        "Project of resources that set no `project_id`: 24 lower-case hex digits.",
        profile_key="project_id",
    ),
    Setting(
        "ca_file",
        "caFile",
        ("OPSMANAGER_CA_FILE",),
        "PEM file of CA certificates, which replace the default roots.",
        profile_key="ops_manager_ca_certificate",
    ),
    Setting(
        "timeout_seconds",
        "timeoutSeconds",
        (),
        "Longest wait for a connection and for each next byte of an answer, in seconds. A complete body may take ten "
        "times as long; an archive has no limit. Default: 60.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """Complete and valid settings. They are hashable, so that one client is kept for each."""

    base_url: str  # scheme, host, port and any path prefix; no trailing slash, no API path
    public_key: str
    private_key: str = field(repr=False)
    project_id: str | None = None  # default project; None when only the resources name one
    ca_file: str | None = None  # PEM file; None for certifi's roots, or those that REQUESTS_CA_BUNDLE names
    timeout_seconds: float = 60.0  # longest wait for a connection and for each next byte

    @property
    def api_url(self) -> str:
        """Base URL of every request."""
        return self.base_url + API_PATH

    @property
    def is_in_clear(self) -> bool:
        """Whether others can read the requests: plain HTTP that leaves this machine."""
        url = urlsplit(self.base_url)
        return url.scheme == "http" and not _is_loopback(url.hostname or "")

    @property
    def warning(self) -> str | None:
        """What a person should know before the first request; None if nothing."""
        if not self.is_in_clear:
            return None
        return (
            f"base_url is plain HTTP: everybody on the way to {urlsplit(self.base_url).netloc} can read the logs and "
            "change the answers; use https, and enable TLS on the server"
        )

    @property
    def is_cloud_manager(self) -> bool:
        """Cloud Manager takes the collection window as text, Ops Manager as epoch milliseconds."""
        host = urlsplit(self.base_url).hostname or ""
        return host.endswith((".mongodb.com", ".mongodbgov.com"))


def find(
    configured: Callable[[str], str | None], environment: Mapping[str, str], profile: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Collect the settings: from the configuration, each variable in its order, then the profile. Empty text is unset.

    `configured` looks up a key of the table, without namespace. `profile` has texts by mongocli's names. Only the
    command line has one, because a program must not depend on a file in somebody's home.
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


def _in_environment(rows: Sequence[Setting]) -> str:
    return f"set {', '.join(row.variables[0] for row in rows)}"


def settings_of(
    found: Mapping[str, str],
    *,
    project_needed: bool = False,
    way_to_give: Callable[[Sequence[Setting]], str] = _in_environment,
) -> Settings:
    """Check the texts that were found by setting name, and make settings of them.

    The project id is needed where the resource names none. `way_to_give` says how the reader gives missing settings.
    `InvalidSettings` names everything that is missing or malformed, at once.
    """
    needed = [row for row in SETTINGS if row.required or (project_needed and row.name == "project_id")]
    missing = [row for row in needed if row.name not in found]
    given = [row for row in SETTINGS if row.name in found]
    broken = {row: problem for row in given if (problem := _PROBLEMS[row.name](found[row.name]))}
    problems = [f"{row.name} {problem}" for row, problem in broken.items()]
    if missing:
        be = "is" if len(missing) == 1 else "are"
        problems.append(f"{', '.join(row.name for row in missing)} {be} missing; {way_to_give(missing)}")
    if problems:
        first, *more = *broken, *missing
        subject = Subject() if more else Subject(property=first.name, key=first.key)
        raise InvalidSettings(f"cannot use the settings of Ops Manager: {'; '.join(problems)}", subject=subject)
    texts = {row.name: found[row.name] for row in given if row.name not in ("base_url", "timeout_seconds")}
    base_url = found["base_url"].rstrip("/").removesuffix(API_PATH).rstrip("/")
    timeout_seconds = float(found.get("timeout_seconds", Settings.timeout_seconds))
    return Settings(base_url, **texts, timeout_seconds=timeout_seconds)


def problem_of(name: str, text: str) -> str | None:
    """Why a text cannot be a setting, in words that follow its name; None if it can."""
    return _PROBLEMS[name](text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # RFC 6761 reserves these names, with or without the final dot, for this machine.
        name = host.removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")


def _shown(value: str) -> str:
    return repr(shorten(value, _SHOWN_CHARACTERS))


def _url_problem(url: str) -> str | None:
    # It may hold a password or a token.
    shown = "the given text" if "@" in url else _shown(url.partition("?")[0].partition("#")[0])
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it is the check: it raises for a port that is no number
    except ValueError:
        return f"must be a URL of the form https://host:port, not {shown}"
    if parts.username is not None or parts.password is not None:
        return "must not contain a user name or a password; give the keys as public_key and private_key"
    if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, url)):
        return f"must be a URL of the form https://host:port, not {shown}"
    if parts.query or parts.fragment:
        return f"must have no query and no fragment: {shown}"
    return None


def _key_problem(key: str) -> str | None:
    # An HTTP header accepts nothing else, and people paste two lines as one key.
    return None if key.isascii() and key.isprintable() and " " not in key else "must be printable ASCII without spaces"


def _project_problem(project_id: str) -> str | None:
    return None if OBJECT_ID.fullmatch(project_id) else f"must be 24 lower-case hex digits, not {_shown(project_id)}"


def _ca_problem(path: str) -> str | None:
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return f"{_shown(path)} contains no PEM certificate"
    except OSError as error:
        return f"{_shown(path)} cannot be read: {error.strerror}"
    return None


def _timeout_problem(text: str) -> str | None:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    in_range = 0 < seconds <= _MAX_TIMEOUT_SECONDS
    return None if in_range else f"must be more than 0 and at most {_MAX_TIMEOUT_SECONDS} seconds, not {_shown(text)}"


_PROBLEMS: Mapping[str, Callable[[str], str | None]] = {
    "base_url": _url_problem,
    "public_key": _key_problem,
    "private_key": _key_problem,
    "project_id": _project_problem,
    "ca_file": _ca_problem,
    "timeout_seconds": _timeout_problem,
}
