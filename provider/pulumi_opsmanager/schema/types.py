"""The types of fields. Each converts what people write to one canonical form, or names the broken rule."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timezone
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool
from pydantic_core import PydanticCustomError

from pulumi_opsmanager.api.settings import OBJECT_ID
from pulumi_opsmanager.api.statuses import STATUSES
from pulumi_opsmanager.instants import format_instant, months_later, parse_duration, parse_instant

from .fields import Accepts, AsText, Shape
from .paths import path_problem
from .units import parse_days, parse_size

# Editors offer exactly the words that a check accepts: each list is written once, here.
LogTypeWord = Literal["AUTOMATION_AGENT", "BACKUP_AGENT", "FTDC", "MONGODB", "MONITORING_AGENT"]
ResourceTypeWord = Literal["CLUSTER", "PROCESS", "REPLICASET"]
OnExpiredWord = Literal["keep", "recreate", "fail"]
OnFailureWord = Literal["fail", "accept"]
IfMissingWord = Literal["download", "ignore"]
VerifyWord = Literal["stat", "hash"]

LOG_TYPES: tuple[str, ...] = get_args(LogTypeWord)
RESOURCE_TYPES: tuple[str, ...] = get_args(ResourceTypeWord)

MAX_LIFE_MONTHS = 6
"""Longest life of an archive after the creation of its job (months). Source: code `EXPIRATION_DATE_TOO_DISTANT`."""

# Six calendar months have 181 to 184 days, depending on the day of the job's creation.
_STARTS = [datetime(2026, month, 1, tzinfo=timezone.utc) for month in range(1, 13)]
LONGEST_LIFE_DAYS = max((months_later(start, MAX_LIFE_MONTHS) - start).days for start in _STARTS)
"""Longest life of an archive (days)."""

MAX_EXACT_INTEGER = 2**53
"""Largest number that keeps all digits in an engine, which has only floats."""


# Protobuf cannot carry an unpaired surrogate. File systems and servers refuse NUL.
_UNSAFE = re.compile("[\0\ud800-\udfff]")
TEXT_RULE = "must not contain NUL characters or unpaired surrogates"


def is_safe_text(text: str) -> bool:
    """Whether engines, servers and file systems can carry a text."""
    return not _UNSAFE.search(text)


def _broken(rule: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


def canonical_word(value: Any) -> Any:
    """Remove case and underscores: servers answer `replicaset`, and one vendor page says REPLICA_SET."""
    return value.strip().upper().replace("_", "") if isinstance(value, str) else value


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    by_canonical = {canonical_word(word): word for word in words}

    def check(value: Any) -> str:
        word = by_canonical.get(canonical_word(value)) if isinstance(value, str) else None
        if word is None:
            raise _broken(f"must be one of {', '.join(words)}")
        return word

    return check


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.isoformat()
    if not isinstance(value, str):
        raise _broken("must be RFC 3339 text or an aware datetime")
    try:
        return format_instant(parse_instant(value))
    except ValueError as error:
        raise _broken(str(error)) from None


def _duration(value: Any) -> str:
    if not isinstance(value, str):
        raise _broken("must be text, such as 2h")
    try:
        parse_duration(value)
    except ValueError as error:
        raise _broken(str(error)) from None
    return value.strip().lower()


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise _broken("must be a whole number")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, str):
        with suppress(ValueError):
            return parse_duration(value).total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _broken("must be a number of seconds, or a time span such as 90s, 30m or 2h")
    return float(value)


def _with_unit(read: Callable[[str], int]) -> Callable[[Any], Any]:
    """Read text with a unit. The rule for numbers checks other values, and text with digits only."""

    def convert(value: Any) -> Any:
        if not isinstance(value, str) or value.strip().isdecimal():
            return value
        try:
            return read(value)
        except ValueError as error:
            raise _broken(str(error)) from None

    return convert


def _within_longest_life(days: int) -> int:
    if not 1 <= days <= LONGEST_LIFE_DAYS:
        limit = f"the server keeps an archive for at most {MAX_LIFE_MONTHS} months"
        raise _broken(f"must be 1 to {LONGEST_LIFE_DAYS}: {limit}")
    return days


def _local_path(value: str) -> str:
    if rule := path_problem(value):
        raise _broken(rule)
    return value


def _safe_text(value: str) -> str:
    if not is_safe_text(value):
        raise _broken(TEXT_RULE)
    return value


def _path(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _object_id(value: Any) -> str:
    if not isinstance(value, str) or not OBJECT_ID.fullmatch(value):
        raise _broken("must be 24 lower-case hex digits")
    return value


_SORTED = AfterValidator(lambda given: sorted(set(given)))

LogType = Annotated[str, BeforeValidator(_one_of(LOG_TYPES))]
LogTypes = Annotated[list[LogType], Field(min_length=1), _SORTED, Shape.SET]
Status = Annotated[str, BeforeValidator(_one_of(STATUSES))]
ResourceType = Annotated[str, BeforeValidator(_one_of(RESOURCE_TYPES))]
Instant = Annotated[str, BeforeValidator(_instant), Accepts(date)]
ObjectId = Annotated[str, BeforeValidator(_object_id)]
ObjectIds = Annotated[list[ObjectId], _SORTED, Shape.SET]
WholeNumber = Annotated[int, BeforeValidator(_no_bool)]
ByteSize = Annotated[WholeNumber, BeforeValidator(_with_unit(parse_size)), AsText("`100MB`, `1GiB`")]
Days = Annotated[WholeNumber, BeforeValidator(_with_unit(parse_days)), AsText("`90d`, `2w`")]
Seconds = Annotated[float, BeforeValidator(_seconds), AsText("`90s`, `30m`, `2h`")]
Duration = Annotated[str, BeforeValidator(_duration)]
OnExpired = Annotated[str, BeforeValidator(_one_of(get_args(OnExpiredWord)))]
OnFailure = Annotated[str, BeforeValidator(_one_of(get_args(OnFailureWord)))]
IfMissing = Annotated[str, BeforeValidator(_one_of(get_args(IfMissingWord)))]
Verify = Annotated[str, BeforeValidator(_one_of(get_args(VerifyWord)))]
RetentionDays = Annotated[Days, AfterValidator(_within_longest_life)]
RenewalDays = Annotated[Days, Field(ge=1, le=LONGEST_LIFE_DAYS - 1)]
Flag = StrictBool
Text = Annotated[str, Field(min_length=1, strict=True), AfterValidator(_safe_text)]
FilePath = Annotated[
    str, Field(min_length=1, strict=True), BeforeValidator(_path), AfterValidator(_local_path), Accepts(os.PathLike)
]
