"""The seven endpoints of jobs and the two that list a deployment, with the order of checks of the reference.

The order after the gate: project, membership, role, rate limit, query, body, job, state of the job. The first check
that fails answers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Flask, Response, g, request
from werkzeug.routing import Map

from . import effects, wire
from .archives import archive
from .backend import Backend
from .bodies import check_create, check_extend, parse_json, read_extend
from .connection import BODY_BYTES
from .control import CONTROL_ROUTES, control_views
from .deployment import automation_status, clusters_of
from .faults import FaultKind
from .gate import add_gate, require_membership, unauthorized
from .jobs import EmulatedJob
from .wire import Refusal

API = "/api/public/v1.0"

_Entry = TypeVar("_Entry")

_ID = re.compile(r"[0-9a-f]{24}")

_SWITCHES = ("verbose", "pretty", "envelope", "includeCount")
"""Query parameters that the links of a list repeat, in this order."""


_JOBS = f"{API}/groups/<project_id>/logCollectionJobs"
_JOB = f"{_JOBS}/<job_id>"

# Name, method and URL, in the vendor's order.
_ROUTES = (
    ("create", "POST", _JOBS),
    ("list", "GET", _JOBS),
    ("get", "GET", _JOB),
    ("extend", "PATCH", _JOB),
    ("retry", "PUT", f"{_JOB}/retry"),
    ("delete", "DELETE", _JOB),
    ("download", "GET", f"{_JOB}/download"),
    ("clusters", "GET", f"{API}/groups/<project_id>/clusters"),
    ("processes", "GET", f"{API}/groups/<project_id>/automationStatus"),
)


def create_app(backend: Backend) -> Flask:
    """Make the server as a WSGI application."""
    app = Flask("opsmanager-emulator", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.url_map = _url_map()
    app.view_functions |= control_views(backend)
    app.view_functions |= {name: _guarded(backend, name, answer) for name, answer in _ANSWERS.items()}
    add_gate(app, backend)
    return app


@functools.cache
def _url_map() -> Map:
    """Return all routes. They are compiled once, because it takes 10 ms and tests start a thousand emulators."""
    app = Flask("routes", static_folder=None)
    app.url_map.merge_slashes = False  # it redirects, and the vendor does not
    for name, method, url in _ROUTES + CONTROL_ROUTES:
        app.add_url_rule(url, name, methods=[method])
    return app.url_map


def _guarded(backend: Backend, name: str, answer: Callable[..., Response]) -> Callable[..., Response]:
    def guarded(project_id: str, **ids: str) -> Response:
        if not _ID.fullmatch(project_id):
            raise Refusal(404, "INVALID_GROUP_ID", project_id)
        require_membership(backend, project_id)
        wait_seconds = backend.limit.wait_seconds()
        if wait_seconds is not None:
            seconds = wait_seconds if backend.behaviour.has_retry_after else 0
            return effects.too_many(backend.limit.requests or 0, retry_after_seconds=seconds)
        _check_query(name)
        fault = backend.faults.next(name)
        if fault is None:
            return answer(backend, **ids)
        g.entry["fault"] = fault.kind.value
        if fault.kind is FaultKind.STALE_NONCE:
            return unauthorized(backend, stale=True)
        if fault.kind is FaultKind.VANISH:
            backend.jobs.delete(ids["job_id"])
        g.first_fails = fault.kind is FaultKind.FAILED_CHILDREN
        return effects.instead(fault) or effects.afterwards(fault, answer(backend, **ids))

    return guarded


def _create(backend: Backend) -> Response:
    body = check_create(
        parse_json(request.get_data()), dates=backend.behaviour.dates, resources=backend.behaviour.resources
    )
    job = backend.jobs.create(backend.project_id, body, first_fails=g.get("first_fails", False))
    return _json({"id": job.id}, 201)


def _list(backend: Backend) -> Response:
    with backend.jobs.lock:
        return _page(backend.jobs.listed(), lambda job: _shown(backend, job))


def _clusters(backend: Backend) -> Response:
    clusters = clusters_of(backend.project_id, backend.behaviour.resources, wire.date(backend.now()))
    return _page(clusters, lambda cluster: cluster)


def _processes(backend: Backend) -> Response:
    return _json(automation_status(backend.behaviour.resources))


def _page(entries: Sequence[_Entry], show: Callable[[_Entry], dict[str, Any]]) -> Response:
    number, per_page = _page_wanted()
    switches = {name: request.args[name] for name in _SWITCHES if name in request.args}
    items = [show(entry) for entry in entries[(number - 1) * per_page : number * per_page]]
    return _json(
        wire.page(items, url=request.base_url, switches=switches, number=number, per_page=per_page, total=len(entries))
    )


def _get(backend: Backend, job_id: str) -> Response:
    with backend.jobs.lock:
        return _json(_shown(backend, _job(backend, job_id)))


def _extend(backend: Backend, job_id: str) -> Response:
    body = parse_json(request.get_data())
    read_extend(body)
    with backend.jobs.lock:
        job = backend.jobs.find(job_id)
        if job is not None and job.status == "EXPIRED":
            raise Refusal(backend.behaviour.state_error_status, "CANNOT_EXTEND_EXPIRED_JOB")
        expires = check_extend(body, created=job.created if job is not None else backend.now(), now=backend.now())
        _job(backend, job_id).expires = expires
    return Response(backend.behaviour.success_body, 200, content_type="application/json")


def _retry(backend: Backend, job_id: str) -> Response:
    with backend.jobs.lock:
        job = _job(backend, job_id)
        if job.status != "FAILURE":
            raise Refusal(400, "ONLY_FAILED_JOB_CAN_BE_RESTARTED")
        backend.jobs.restart(job, first_fails=g.get("first_fails", False))
    return Response(backend.behaviour.success_body, 200, content_type="application/json")


def _delete(backend: Backend, job_id: str) -> Response:
    with backend.jobs.lock:
        backend.jobs.delete(_job(backend, job_id).id)
    return Response(backend.behaviour.success_body, backend.behaviour.delete_status, content_type="application/json")


def _download(backend: Backend, job_id: str) -> Response:
    with backend.jobs.lock:
        job = _job(backend, job_id)
    if job.status in ("IN_PROGRESS", "EXPIRED"):
        code = "CANNOT_DOWNLOAD_JOB_IN_PROGRESS" if job.status == "IN_PROGRESS" else "CANNOT_DOWNLOAD_EXPIRED_JOB"
        raise Refusal(backend.behaviour.state_error_status, code, job_id)
    name = f"mongodb-logfiles_{job.request['resourceName']}_{wire.date(job.created)}.tar.gz"
    return Response(archive(job), 200, {"Content-Disposition": wire.attachment(name)}, content_type="application/gzip")


def _job(backend: Backend, job_id: str) -> EmulatedJob:
    if not _ID.fullmatch(job_id):
        raise Refusal(404, "INVALID_LOG_COLLECTION_JOB_ID", job_id)
    job = backend.jobs.find(job_id)
    if job is None:
        raise Refusal(
            404,
            "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP",
            job_id,
            backend.project_id,
            detail=f"No job {job_id} in project {backend.project_id}.",
        )
    return job


def _shown(backend: Backend, job: EmulatedJob) -> dict[str, Any]:
    shown = wire.job(job, own_url=request.host_url.rstrip("/") + API, verbose=_flag("verbose"))
    backend.jobs.look(job)
    return shown


def _json(body: dict[str, Any], status: int = 200) -> Response:
    written = wire.text(body, status=status, pretty=_flag("pretty"), envelope=_flag("envelope"))
    return Response(written, status, content_type="application/json")


def _check_query(route: str) -> None:
    """Refuse malformed query parameters before the request is carried out."""
    for name in ("envelope", "pretty", "verbose"):
        _flag(name)
    if route in ("list", "clusters"):
        _page_wanted()


def _page_wanted() -> tuple[int, int]:
    return _count("pageNum", 1, 2**31 - 1), _count("itemsPerPage", 100, 500)


def _flag(name: str) -> bool:
    value = request.args.get(name, "false").lower()
    if value not in ("true", "false"):
        raise Refusal(400, "INVALID_QUERY_PARAMETER", name)
    return value == "true"


def _count(name: str, default: int, highest: int) -> int:
    value = request.args.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", value) or not 1 <= int(value) <= highest:
        raise Refusal(400, "INVALID_QUERY_PARAMETER", name)
    return int(value)


_ANSWERS: dict[str, Callable[..., Response]] = {
    "create": _create,
    "list": _list,
    "get": _get,
    "extend": _extend,
    "retry": _retry,
    "delete": _delete,
    "download": _download,
    "clusters": _clusters,
    "processes": _processes,
}
