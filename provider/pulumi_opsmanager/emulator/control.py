"""The control routes, for tests in other processes. They are not the vendor's, and need no authentication."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request

from .backend import Backend
from .bodies import parse_json
from .faults import Fault, FaultKind
from .gate import CONTROL
from .wire import Refusal

CONTROL_ROUTES = (
    ("log", "GET", f"{CONTROL}/requests"),
    ("reset", "POST", f"{CONTROL}/reset"),
    ("plan", "POST", f"{CONTROL}/faults"),
    ("forget", "DELETE", f"{CONTROL}/faults"),
    ("force", "PUT", f"{CONTROL}/jobs/<job_id>"),
)
"""Name, method and URL of each route."""


def control_views(backend: Backend) -> dict[str, Callable[..., Response]]:
    """Return the view of each route: request log, reset, planned faults, and the forced status of a job."""

    def log() -> Response:
        return Response(json.dumps({"requests": backend.log.entries()}), content_type="application/json")

    def reset() -> Response:
        backend.jobs.clear()
        backend.faults.clear()
        backend.log.clear()
        return Response(status=204)

    def plan() -> Response:
        fault = _fault(parse_json(request.get_data()))
        try:
            backend.faults.add(fault)
        except ValueError:
            raise Refusal(400, "INVALID_ENUM_VALUE", fault.route) from None
        return Response(status=204)

    def forget() -> Response:
        backend.faults.clear()
        return Response(status=204)

    def force(job_id: str) -> Response:
        body = parse_json(request.get_data())
        status = body.get("status")
        if "status" not in body or not (status is None or isinstance(status, str)):
            raise Refusal(400, "INVALID_ATTRIBUTE", "status")
        if not backend.jobs.force(job_id, status):
            raise Refusal(404, "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP", job_id, backend.project_id)
        return Response(status=204)

    return {"log": log, "reset": reset, "plan": plan, "forget": forget, "force": force}


def _fault(body: Mapping[str, Any]) -> Fault:
    """Read `{"route": …, "kind": …, "times": N, "seconds": T, "after_bytes": N, "skip": N}`; numbers are optional."""
    numbers = {"times": (int,), "seconds": (int, float), "after_bytes": (int,), "skip": (int,)}
    for key, types in numbers.items():
        value = body.get(key, 1)
        if not isinstance(value, types) or isinstance(value, bool) or not 0 <= value < 2**31:
            raise Refusal(400, "INVALID_ATTRIBUTE", key)
    if unknown := body.keys() - numbers.keys() - {"route", "kind"}:
        raise Refusal(400, "INVALID_ATTRIBUTE", *sorted(unknown))
    try:
        return Fault(**(dict(body) | {"kind": FaultKind(body.get("kind")), "route": str(body.get("route"))}))
    except ValueError:
        raise Refusal(400, "INVALID_ENUM_VALUE", str(body.get("kind"))) from None
