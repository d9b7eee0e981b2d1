"""What one request shows about everything between this machine and a project's jobs.

Each check needs those before it, so the first failure leaves the later ones unchecked. Any answer shows version and
clock. A table says which check an error is about.
"""

from __future__ import annotations

import enum
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.route import Route
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.api.trust import Distrust, distrust_of
from pulumi_opsmanager.api.versions import WINDOW_NEEDS, lacks_window
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import BadCredentials, InvalidSettings, NotAllowed, OpsManagerError, Unavailable

from .access import Connection, way_to_give
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
        route: How the server was to be reached; None when there was nothing to ask with.
    """

    settings: Settings | None
    error: OpsManagerError | None = None
    server_version: str | None = None
    server_ahead: timedelta | None = None
    profile: Profile | None = None
    route: Route | None = None

    @property
    def distrust(self) -> Distrust | None:
        """Why TLS did not begin, if that is the error."""
        cause = self.error.__cause__ if self.error is not None else None
        return distrust_of(cause) if cause is not None else None


def probe(connection: Connection, clock: Clock) -> Probe:
    """Ask for the first page of the project's jobs."""
    try:
        settings = connection.settings()
    except InvalidSettings as error:
        return Probe(settings=None, error=error, profile=connection.profile)
    client, failure = Client(settings, clock, is_brief=True), None
    try:
        next(client.jobs(connection.project_id).walk(), None)
    except OpsManagerError as error:
        failure = error
    # An answer's date has whole seconds and our clock has finer ones: exactly zero means that there was no answer.
    ahead = client.server_ahead or None
    return Probe(settings, failure, client.server_version, ahead, connection.profile, client.route)


def diagnose(seen: Probe) -> list[Verdict]:
    """All checks in their order."""
    names, settings, route = list(_CHECKS), seen.settings, seen.route
    failure = None if seen.error is None else next(row for row in _FAILURES if row.fits(seen))
    at = len(names) if failure is None else names.index(failure.check)
    verdicts = [] if seen.profile is None else [Verdict("profile", *_profile(seen.profile))]
    if settings is not None and route is not None:
        verdicts += [Verdict(name, *_CHECKS[name](settings, route)) for name in names[:at]]
    if failure is not None:
        # All is about the one request, which its message names.
        finding, remedy = re.sub(r"^GET \S+ ", "", str(seen.error)), failure.remedy(seen)
        verdicts.append(Verdict(failure.check, Outcome.FAILED, finding.removesuffix(f"; {remedy}"), remedy))
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


def _tls(settings: Settings, route: Route) -> _Seen:
    if settings.is_in_clear:
        remedy = f"have the server speak TLS and say https: {way_to_give('base_url')}"
        return Outcome.WARNING, "plain HTTP: everybody on the way can read the logs", remedy
    if urlsplit(settings.base_url).scheme == "https":
        return _ok(f"the certificate is trusted by {route.roots_name}")
    return _ok("not needed: plain HTTP stays on this machine")


# What each check found when it passed.
_CHECKS: Mapping[str, Callable[[Settings, Route], _Seen]] = {
    "settings": lambda settings, _: _ok(f"{settings.base_url}, project {settings.project_id}"),
    "reachability": lambda _, route: _ok(f"{route.host} answers{route.through}"),
    "TLS": _tls,
    "Ops Manager API": lambda *_: _ok("answers in its own form"),
    "credentials": lambda *_: _ok("the key pair is known"),
    "project and role": lambda *_: _ok("the key may see the project's jobs"),
}


def _version(version: str | None) -> _Seen:
    if version is None:
        return Outcome.NOT_CHECKED, "no answer named it", None
    return _ok(f"{version}; no time window for jobs: {WINDOW_NEEDS}" if lacks_window(version) else version)


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
    remedy: Callable[[Probe], str]
    when: Callable[[Probe], bool] = lambda _: True

    def fits(self, seen: Probe) -> bool:
        return isinstance(seen.error, self.kind) and self.when(seen)


def _is_not_asked(seen: Probe) -> bool:
    return seen.settings is None


def _is_unreadable_file(seen: Probe) -> bool:
    return seen.distrust is not None and seen.distrust.kind == "roots"


def _is_distrust(seen: Probe) -> bool:
    return seen.distrust is not None and seen.distrust.was_connected


def _is_unanswered(seen: Probe) -> bool:
    """Whether no status line of the server was read; a 407 comes from a proxy."""
    return seen.error is not None and seen.error.status in (None, 407)


def _trust_remedy(seen: Probe) -> str:
    if seen.distrust is None or seen.route is None:
        return f"give the CA's PEM file: {way_to_give('ca_file')}"
    return seen.distrust.remedy(seen.route, ca=way_to_give("ca_file"), url=way_to_give("base_url"))


def _reach_remedy(seen: Probe) -> str:
    proxy = seen.route.proxy if seen.route is not None else None
    if proxy is None:
        url = way_to_give("base_url")
        return f"correct {url}, set HTTPS_PROXY if the server needs a proxy, or ask who manages the firewalls"
    return proxy.remedy


def _address_remedy(seen: Probe) -> str:
    give = f"give the server's own address: {way_to_give('base_url')}"
    is_sign_in = seen.error is not None and seen.error.status == 401
    return f"ask who manages the load balancer or proxy before the server, or {give}" if is_sign_in else give


_FAILURES = (
    _Failure(InvalidSettings, "settings", lambda _: "see `pulumi-opsmanager doctor --help`", _is_not_asked),
    _Failure(InvalidSettings, "settings", _trust_remedy, _is_unreadable_file),
    _Failure(InvalidSettings, "TLS", _trust_remedy, _is_distrust),
    _Failure(InvalidSettings, "reachability", _reach_remedy),
    _Failure(Unavailable, "reachability", _reach_remedy, _is_unanswered),
    _Failure(
        BadCredentials,
        "credentials",
        lambda _: f"give {way_to_give('public_key')}, and {way_to_give('private_key')}",
    ),
    _Failure(NotAllowed, "project and role", lambda _: f"correct {way_to_give('project_id')}, or ask an administrator"),
    _Failure(Unavailable, "Ops Manager API", lambda _: "wait, or ask the server's administrator"),
    _Failure(OpsManagerError, "Ops Manager API", _address_remedy),
)
