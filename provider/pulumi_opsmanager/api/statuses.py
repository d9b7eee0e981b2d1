"""The statuses of a job that the vendor's pages name, for people who choose one. A server may send others."""

from __future__ import annotations

from typing import Literal, get_args

StatusWord = Literal["IN_PROGRESS", "SUCCESS", "FAILURE", "MARKED_FOR_EXPIRY", "EXPIRED"]

STATUSES: tuple[str, ...] = get_args(StatusWord)
