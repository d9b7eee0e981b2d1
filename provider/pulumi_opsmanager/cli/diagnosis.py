"""What one request tells about everything between this machine and a project's jobs.

Each check rests on those before it, so the first failure leaves the later ones unchecked; version and clock are told
by any answer. Which check an error is about stands in a table.
"""

from __future__ import annotations

import enum
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from requests.exceptions import InvalidURL

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.clock import Clock
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.errors import BadCredentials, InvalidSettings, NotAllowed, OpsManagerError, Unavailable

from .connection import Connection, way_to_give
from .profile import Profile

# A date in a header has whole seconds, and has been on its way.
_IN_STEP = timedelta(seconds=2)
_FAR_OFF = timedelta(seconds=60)


class Outcome(enum.Enum):
    """How a check ended; only `FAILED` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Verdict:
    """One row of the answer.

    Attributes:
        check: What was looked at.
        outcome: How it ended.
        finding: What was seen.
        remedy: What to do about it; None when nothing.
    """

    check: str
    outcome: Outcome
    finding: str
    remedy: str | None = None


@dataclass(frozen=True)
class Probe:
    """What the one request brought.

    Attributes:
        settings: None when they are not good enough to ask with.
        error: What went wrong first.
        server_version: In the server's words, from any answer.
        server_ahead: How far its clock runs ahead of ours, from any answer.
        profile: mongocli's, which filled what options and environment left out.
    """

    settings: Settings | None
    error: OpsManagerError | None = None
    server_version: str | None = None
    server_ahead: timedelta | None = None
    profile: Profile | None = None


def probe(connection: Connection, clock: Clock) -> Probe:
    """Ask for the first page of the project's jobs."""
    try:
        settings = connection.settings()
    except InvalidSettings as error:
        return Probe(settings=None, error=error, profile=connection.profile)
    client, failure = Client(settings, clock), None
    try:
        next(client.list_jobs(connection.project_id), None)
    except OpsManagerError as error:
        failure = error
    # An answer's date has whole seconds and our clock has finer ones: exactly zero means that there was no answer.
    return Probe(settings, failure, client.server_version, client.server_ahead or None, connection.profile)


def diagnose(seen: Probe) -> list[Verdict]:
    """All checks in their order."""
    names, error, settings = list(_CHECKS), seen.error, seen.settings
    failure = None if error is None else next(row for row in _FAILURES if row.fits(error, settings))
    at = len(names) if failure is None else names.index(failure.check)
    verdicts = [] if seen.profile is None else [Verdict("profile", *_profile(seen.profile))]
    verdicts += [Verdict(name, *_CHECKS[name](settings)) for name in names[:at] if settings is not None]
    if failure is not None:
        # All is about the one request, which its message names.
        finding = re.sub(r"^GET \S+ ", "", str(error))
        verdicts.append(Verdict(failure.check, Outcome.FAILED, finding, failure.remedy))
    verdicts += [Verdict(name, Outcome.NOT_CHECKED, "needs what failed above") for name in names[at + 1 :]]
    verdicts.append(Verdict("server version", *_version(seen.server_version)))
    verdicts.append(Verdict("clock", *_clock(seen.server_ahead)))
    return verdicts


_Seen = tuple[Outcome, str, str | None]


def _ok(finding: str) -> _Seen:
    return Outcome.OK, finding, None


def _profile(profile: Profile) -> _Seen:
    if profile.is_open_to_others:
        remedy = f"take their rights away: chmod 600 {shlex.quote(str(profile.file))}"
        return Outcome.WARNING, f"other users of this machine can read the keys in {profile.file}", remedy
    return _ok(f"{profile.name} of {profile.file} gives what options and environment do not")


def _tls(settings: Settings) -> _Seen:
    if settings.is_in_clear:
        remedy = f"have the server speak TLS and say https: {way_to_give('base_url')}"
        return Outcome.WARNING, "plain HTTP: everybody on the way can read the logs", remedy
    if urlsplit(settings.base_url).scheme == "https":
        return _ok(f"the certificate is trusted by {settings.ca_file or 'the default roots'}")
    return _ok("not needed: plain HTTP stays on this machine")


# What each check found when it passed.
_CHECKS: Mapping[str, Callable[[Settings], _Seen]] = {
    "settings": lambda settings: _ok(f"{settings.base_url}, project {settings.project_id}"),
    "reachability": lambda settings: _ok(f"{urlsplit(settings.base_url).netloc} answers"),
    "TLS": _tls,
    "Ops Manager API": lambda _: _ok("answers in its own form"),
    "credentials": lambda _: _ok("the key pair is known"),
    "project and role": lambda _: _ok("the key may see the project's jobs"),
}


def _version(version: str | None) -> _Seen:
    return (Outcome.NOT_CHECKED, "no answer named it", None) if version is None else _ok(version)


def _clock(ahead: timedelta | None) -> _Seen:
    if ahead is None:
        return Outcome.NOT_CHECKED, "no answer was dated", None
    off = timedelta(seconds=round(abs(ahead.total_seconds())))
    if off <= _IN_STEP:
        return _ok("the server's agrees with this machine's")
    finding = f"the server's is {off} {'ahead of' if ahead > timedelta() else 'behind'} this machine's"
    if off <= _FAR_OFF:
        return _ok(finding)
    return Outcome.WARNING, finding, "set both by NTP: expiries and lost replies are judged by them"


@dataclass(frozen=True)
class _Failure:
    """Which check an error is about; the first row that fits counts.

    Attributes:
        kind: Class of the error.
        check: The check that failed.
        remedy: Where a person can change it, in the words of this command line.
        when: What else must hold.
    """

    kind: type[OpsManagerError]
    check: str
    remedy: str
    when: Callable[[OpsManagerError, Settings | None], bool] = lambda _error, _settings: True

    def fits(self, error: OpsManagerError, settings: Settings | None) -> bool:
        return isinstance(error, self.kind) and self.when(error, settings)


def _not_asked(_error: OpsManagerError, settings: Settings | None) -> bool:
    return settings is None


def _malformed(error: OpsManagerError, _settings: Settings | None) -> bool:
    return isinstance(error.__cause__, InvalidURL)


def _unanswered(error: OpsManagerError, _settings: Settings | None) -> bool:
    return error.status is None


_PROXIES = "HTTPS_PROXY or HTTP_PROXY"
_PLAIN = "or say http: if the port speaks no TLS"

_FAILURES = (
    _Failure(InvalidSettings, "settings", "see `pulumi-opsmanager doctor --help`", _not_asked),
    _Failure(InvalidSettings, "reachability", f"correct {way_to_give('base_url')}, or {_PROXIES}", _malformed),
    # What is left of the settings that only a request proves wrong: whom to trust.
    _Failure(InvalidSettings, "TLS", f"give the CA's PEM file: {way_to_give('ca_file')}; {_PLAIN}"),
    _Failure(BadCredentials, "credentials", f"give {way_to_give('public_key')}, and {way_to_give('private_key')}"),
    _Failure(NotAllowed, "project and role", f"correct {way_to_give('project_id')}, or ask an administrator"),
    _Failure(Unavailable, "reachability", f"correct {way_to_give('base_url')}, or see to firewalls", _unanswered),
    _Failure(Unavailable, "Ops Manager API", "wait, or ask the server's administrator"),
    _Failure(OpsManagerError, "Ops Manager API", f"give the server's own address: {way_to_give('base_url')}"),
)
