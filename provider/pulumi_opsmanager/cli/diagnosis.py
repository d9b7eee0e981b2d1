"""What a few requests show about everything between this machine and the jobs of a project.

Each check needs those before it, so the first failure leaves the later ones unchecked. Any answer shows version and
clock. A table maps each error to the check that failed. If the first request succeeds, two more requests list what can
be collected. Jobs do not need these lists, so a refused list fails no check.
"""

from __future__ import annotations

import enum
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.deployments import Deployments, read_clusters, read_processes
from pulumi_opsmanager.api.refusals import WINDOW_NEEDS, lacks_window
from pulumi_opsmanager.api.route import Route
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.api.trust import remedy_of
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import (
    BadCredentials,
    InvalidSettings,
    NotAllowed,
    OpsManagerError,
    Unavailable,
    counted,
    shorten,
)

from .access import Connection, way_to_give
from .profile import Profile

# The date of an answer has whole seconds, and the answer takes time.
_IN_STEP = timedelta(seconds=2)
_FAR_OFF = timedelta(seconds=60)

_MOST_NAMES = 20
"""Number of names that a finding shows."""


class Outcome(enum.Enum):
    """Result of a check. Only `FAILED` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Verdict:
    """One row of the diagnosis."""

    check: str  # what was checked
    outcome: Outcome
    finding: str  # what the check found
    remedy: str | None = None  # what to do; None if nothing is to do


@dataclass(frozen=True)
class Probe:
    """What the requests showed."""

    settings: Settings | None  # None if they are incomplete or invalid
    error: OpsManagerError | None = None  # error of the first request; None if it succeeded
    server_version: str | None = None  # as the server writes it, from any answer
    server_ahead: timedelta | None = None  # how far the server's clock is ahead of ours, from any answer
    profile: Profile | None = None  # mongocli profile of the settings that options and environment do not give
    route: Route | None = None  # way to the server; None without valid settings
    # What can be collected, or why the server does not list it. None if no request was sent.
    clusters: Deployments | OpsManagerError | None = None
    processes: Deployments | OpsManagerError | None = None


def probe(connection: Connection, clock: Clock) -> Probe:
    """Ask for the first page of the project's jobs, and for its deployments if that succeeds."""
    try:
        settings = connection.settings()
    except InvalidSettings as error:
        return Probe(settings=None, error=error, profile=connection.profile)
    client, failure = Client(settings, clock, is_brief=True), None
    try:
        next(client.jobs(connection.project_id).walk(), None)
    except OpsManagerError as error:
        failure = error
    # A date has whole seconds and our clock has fractions, so exactly zero means that no answer came.
    ahead = client.server_ahead or None
    seen = Probe(settings, failure, client.server_version, ahead, connection.profile, client.route)
    if failure is not None:
        return seen
    clusters = _asked(read_clusters, client, connection.project_id)
    if isinstance(clusters, Unavailable):
        # A person waits, and the next request would wait for the same server.
        return replace(seen, clusters=clusters, processes=clusters)
    return replace(seen, clusters=clusters, processes=_asked(read_processes, client, connection.project_id))


def _asked(
    read: Callable[[Client, str], Deployments], client: Client, project_id: str
) -> Deployments | OpsManagerError:
    try:
        return read(client, project_id)
    except OpsManagerError as error:
        return error


def diagnose(seen: Probe) -> list[Verdict]:
    """Return all checks in their order."""
    names, settings, route = list(_CHECKS), seen.settings, seen.route
    failure = None if seen.error is None else next(row for row in _FAILURES if row.fits(seen, seen.error))
    at = len(names) if failure is None else names.index(failure.check)
    verdicts = [] if seen.profile is None else [Verdict("profile", *_profile(seen.profile))]
    if settings is not None and route is not None:
        verdicts += [Verdict(name, *_CHECKS[name](settings, route)) for name in names[:at]]
    if failure is not None and seen.error is not None:
        verdicts.append(Verdict(failure.check, Outcome.FAILED, seen.error.finding, failure.remedy(seen, seen.error)))
    verdicts += [Verdict(name, Outcome.NOT_CHECKED, "needs the check that failed above") for name in names[at + 1 :]]
    verdicts.append(Verdict("server version", *_version(seen.server_version)))
    verdicts.append(Verdict("clock", *_clock(seen.server_ahead)))
    nothing = (
        Outcome.WARNING,
        "the project has no replica set and no sharded cluster",
        f"check {way_to_give('project_id')}",
    )
    verdicts.append(Verdict("deployments", *_collectable(seen.clusters, nothing)))
    verdicts.append(Verdict("processes", *_collectable(seen.processes, _ok("automation manages no process"))))
    return verdicts


_Seen = tuple[Outcome, str, str | None]


def _ok(finding: str) -> _Seen:
    return Outcome.OK, finding, None


def _profile(profile: Profile) -> _Seen:
    if profile.is_open_to_others:
        remedy = f"remove their permissions: chmod 600 {shlex.quote(str(profile.file))}"
        return Outcome.WARNING, f"other users of this machine can read the keys in {profile.file}", remedy
    return _ok(f"{profile.name} of {profile.file} gives what options and environment do not")


def _tls(settings: Settings, route: Route) -> _Seen:
    if settings.is_in_clear:
        remedy = f"enable TLS on the server, and write https:// into {way_to_give('base_url')}"
        return Outcome.WARNING, "plain HTTP: everybody on the way can read the logs", remedy
    if urlsplit(settings.base_url).scheme == "https":
        return _ok(f"the certificate is trusted by {route.roots_name}")
    return _ok("not needed: plain HTTP stays on this machine")


# The finding of each check that passed.
_CHECKS: Mapping[str, Callable[[Settings, Route], _Seen]] = {
    "settings": lambda settings, _: _ok(f"{settings.base_url}, project {settings.project_id}"),
    "reachability": lambda _, route: _ok(f"{route.host} answers{route.through}"),
    "TLS": _tls,
    "Ops Manager API": lambda *_: _ok("answers as documented"),
    "credentials": lambda *_: _ok("the server accepts the key pair"),
    "project and role": lambda *_: _ok("the key can read the project's jobs"),
}


def _version(version: str | None) -> _Seen:
    if version is None:
        return Outcome.NOT_CHECKED, "no answer gives a version", None
    return _ok(f"{version}; no time window for jobs: {WINDOW_NEEDS}" if lacks_window(version) else version)


def _clock(ahead: timedelta | None) -> _Seen:
    if ahead is None:
        return Outcome.NOT_CHECKED, "no answer has a date", None
    off = timedelta(seconds=round(abs(ahead.total_seconds())))
    if off <= _IN_STEP:
        return _ok("the server's clock agrees with this machine's clock")
    finding = f"the server's clock is {off} {'ahead of' if ahead > timedelta() else 'behind'} this machine's clock"
    if off <= _FAR_OFF:
        return _ok(finding)
    return Outcome.WARNING, finding, "set both clocks by NTP, because expiries and lost replies depend on them"


def _collectable(found: Deployments | OpsManagerError | None, nothing: _Seen) -> _Seen:
    if found is None:
        return Outcome.NOT_CHECKED, "needs the check that failed above", None
    if isinstance(found, OpsManagerError):
        finding = f"the server does not list them: {_answer_of(found)}"
        return Outcome.NOT_CHECKED, finding, "look up resource_name in the project's automation configuration"
    return _ok(_listed(found)) if found.names else nothing


def _answer_of(error: OpsManagerError) -> str:
    if error.status is None:
        return error.finding
    # The finding is left out, because its remedies are about jobs.
    answer = " ".join(filter(None, (str(error.status), shorten(error.code or ""))))
    return f"it answered {answer}, but not as documented" if 200 <= error.status < 300 else f"it answered {answer}"


def _listed(found: Deployments) -> str:
    shown = ", ".join(f"{kind} {name}" for kind, name in found.names[:_MOST_NAMES])
    hidden = len(found.names) - _MOST_NAMES
    if hidden > 0:
        return f"{shown} and {'' if found.is_complete else 'at least '}{counted(hidden, 'other')}"
    return shown if found.is_complete else f"{shown} and others"


_Remedy = Callable[[Probe, OpsManagerError], str]
_Fits = Callable[[Probe, OpsManagerError], bool]


@dataclass(frozen=True)
class _Failure:
    """The check that an error is about. The first row that fits counts."""

    kind: type[OpsManagerError]
    check: str
    remedy: _Remedy  # what to do, with the options of this command
    when: _Fits = lambda *_: True  # what else must hold

    def fits(self, seen: Probe, error: OpsManagerError) -> bool:
        return isinstance(error, self.kind) and self.when(seen, error)


def _trust_remedy(seen: Probe, error: OpsManagerError) -> str:
    ca, url = way_to_give("ca_file"), way_to_give("base_url")
    if seen.route is None or error.subject.trust is None:
        return f"give the CA's PEM file: {ca}"
    is_of_proxy = error.subject.proxy is not None
    return remedy_of(error.subject.trust, seen.route, is_of_proxy=is_of_proxy, ca=ca, url=url)


def _reach_remedy(seen: Probe, error: OpsManagerError) -> str:
    if error.subject.proxy is not None and error.remedy is not None:
        return error.remedy
    if seen.route is not None and seen.route.proxy is not None:
        return seen.route.proxy.remedy
    url = way_to_give("base_url")
    is_plain = seen.settings is not None and seen.settings.base_url.startswith("http:")
    variable = "HTTP_PROXY" if is_plain else "HTTPS_PROXY"
    return f"correct {url}, set {variable} if the server needs a proxy, or ask who manages the firewalls"


def _address_remedy(_: Probe, error: OpsManagerError) -> str:
    give = f"give the server's address: {way_to_give('base_url')}"
    return f"ask who manages the load balancer or proxy before the server, or {give}" if error.status == 401 else give


_FAILURES = (
    _Failure(
        InvalidSettings,
        "settings",
        lambda *_: "see `pulumi-opsmanager doctor --help`",
        lambda seen, _: seen.settings is None,
    ),
    _Failure(InvalidSettings, "settings", _trust_remedy, lambda _, error: error.subject.trust == "roots"),
    _Failure(
        InvalidSettings,
        "TLS",
        _trust_remedy,
        lambda _, error: error.subject.trust is not None and error.subject.proxy is None,
    ),
    _Failure(InvalidSettings, "reachability", _trust_remedy, lambda _, error: error.subject.trust is not None),
    _Failure(InvalidSettings, "reachability", _reach_remedy),
    # The server sent no status line.
    _Failure(Unavailable, "reachability", _reach_remedy, lambda _, error: error.status is None),
    _Failure(
        BadCredentials, "credentials", lambda *_: f"check {way_to_give('public_key')} and {way_to_give('private_key')}"
    ),
    _Failure(
        NotAllowed, "project and role", lambda *_: f"correct {way_to_give('project_id')}, or ask an administrator"
    ),
    _Failure(Unavailable, "Ops Manager API", lambda *_: "wait, or ask the server's administrator"),
    _Failure(OpsManagerError, "Ops Manager API", _address_remedy),
)
