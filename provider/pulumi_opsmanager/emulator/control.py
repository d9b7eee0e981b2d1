"""The control routes: no vendor has them, tests in other processes need them. Without authentication, on loopback."""

from __future__ import annotations

import json

from flask import Flask, Response, request

from .backend import Backend
from .bodies import parse_json
from .wire import Refusal

CONTROL = "/_emulator"


def add_control_routes(app: Flask, backend: Backend) -> None:
    """Request log, reset, and the forcing of a job's status."""

    @app.get(f"{CONTROL}/requests")
    def log() -> Response:
        return Response(json.dumps({"requests": backend.log.entries()}), content_type="application/json")

    @app.post(f"{CONTROL}/reset")
    def reset() -> Response:
        backend.jobs.clear()
        backend.faults.clear()
        backend.log.clear()
        return Response(status=204)

    @app.put(f"{CONTROL}/jobs/<job_id>")
    def force(job_id: str) -> Response:
        body = parse_json(request.get_data())
        status = body.get("status")
        if "status" not in body or not (status is None or isinstance(status, str)):
            raise Refusal(400, "INVALID_ATTRIBUTE", "status")
        if not backend.jobs.force(job_id, status):
            raise Refusal(404, "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP", job_id, backend.project_id)
        return Response(status=204)
