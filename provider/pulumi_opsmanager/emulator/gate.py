"""The checks that every request passes before its route, and the form of all refusals.

First the log, then digest, then the access list. An unknown route, a wrong method and OPTIONS get the challenge too.
"""

from __future__ import annotations

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from . import effects, wire
from .backend import Backend
from .wire import Refusal

CONTROL = "/_emulator"

_MEMBERSHIP = frozenset({"NOT_IN_GROUP", "USER_UNAUTHORIZED", "NO_CURRENT_USER", "USER_CANNOT_ACCESS_GROUP"})
"""Codes of a missing role or membership. Refusals with other codes come before the check of the project."""

_CODES = {404: "RESOURCE_NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "REQUEST_TOO_LARGE"}
"""Codes of refusals before a route, by status. The vendor publishes only the first; the others are ours."""


def add_gate(app: Flask, backend: Backend) -> None:
    """Put the checks before all routes except the control routes."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _no_route)

    @app.before_request
    def arrive() -> Response | None:
        if _is_control():
            return None
        g.entry = backend.log.open(request.method, request.path, request.query_string.decode())
        target = request.environ.get("REQUEST_URI") or request.full_path
        checked = backend.digest.check(request.headers.get("Authorization", ""), request.method, target)
        if checked != "right":
            return unauthorized(backend, stale=checked == "stale")
        denies = backend.behaviour.denies
        if denies and denies not in _MEMBERSHIP:
            raise Refusal(403, denies, *(["127.0.0.1"] if denies.startswith("IP_ADDRESS") else []))
        return None

    @app.after_request
    def finish(response: Response) -> Response:
        if not _is_control():
            response.headers["X-MongoDB-Service-Version"] = (
                f"gitHash=emulator; versionString={backend.behaviour.version}"
            )
            response.headers["Strict-Transport-Security"] = "max-age=300"
            response.headers["Vary"] = "Accept-Encoding"
            g.entry["status"] = response.status_code
        if g.get("cut"):
            effects.cut_connection()
        return response


def require_membership(backend: Backend, project_id: str) -> None:
    """Refuse an unknown project, and the refusal of the server's behaviour."""
    if project_id != backend.project_id:
        raise Refusal(401, "NOT_IN_GROUP", project_id, detail=f"The current user is not in the group {project_id}.")
    if backend.behaviour.denies:
        raise Refusal(401, backend.behaviour.denies)


def unauthorized(backend: Backend, *, stale: bool) -> Response:
    """Return a 401 with a challenge."""
    refusal = Refusal(401, None, detail="You are not authorized for this resource.")
    body = wire.text(refusal.body(), status=401, pretty=_is_pretty(), envelope=False)
    response = Response(body, 401, content_type="application/json;charset=ISO-8859-1")
    response.headers["WWW-Authenticate"] = backend.digest.challenge(stale=stale)
    return response


def _refused(refusal: Refusal) -> Response:
    body = wire.text(refusal.body(), status=refusal.status, pretty=_is_pretty(), envelope=False)
    return Response(body, refusal.status, content_type="application/json")


def _no_route(error: HTTPException) -> Response:
    status = error.code or 500
    if status >= 500:
        return _refused(Refusal(status, "UNEXPECTED_ERROR"))
    response = _refused(Refusal(status, _CODES.get(status, "VALIDATION_ERROR"), request.path))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _is_control() -> bool:
    return request.path.startswith(f"{CONTROL}/")


def _is_pretty() -> bool:
    """Whether a refusal is indented. A malformed value must not hide the refusal."""
    return request.args.get("pretty", "").lower() == "true"
