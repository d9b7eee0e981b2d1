"""How programs write what the rules name: `retentionDays` where Python writes `retention_days`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.dynamic.layout import output_fields
from pulumi_opsmanager.lifecycle.kinds import KINDS

_INPUTS = {name: info.alias or name for kind in KINDS for name, info in kind.inputs.model_fields.items()}


def _keys() -> dict[str, str]:
    """The names in programs by the names that the rules use, where they differ."""
    outputs = {field.name: key for kind in KINDS for key, field in output_fields(kind.state).items()}
    settings = {row.name: row.key for row in SETTINGS}
    named = _INPUTS | outputs | settings | {"archive_dir": "archiveDir"}
    return {name: key for name, key in named.items() if name != key}


_KEYS: Mapping[str, str] = _keys()
# A path, a text of the user or a longer name may hold the same words.
_NAME = rf"(?<![\w/.'\"-])({'|'.join(sorted(_KEYS, key=len, reverse=True))})(?![\w/'\"-]|\.\w)"
_NAMES = re.compile(_NAME)
_LITERALS = {"True": "true", "False": "false", "None": "null"}
_EQUALS = re.compile(rf"\b({'|'.join(sorted(_INPUTS, key=len, reverse=True))})=(True\b|False\b|None\b|(?=\d|\"))")
_BARE = re.compile(r"(?<=, not )(True|False|None)\b")


def as_written(text: str) -> str:
    """A line of the rules, or a description, with names and values as programs have them."""
    text = _EQUALS.sub(lambda found: f"{_INPUTS[found[1]]}: {_LITERALS.get(found[2], found[2])}", text)
    text = _BARE.sub(lambda found: _LITERALS[found[1]], text)
    return _NAMES.sub(lambda found: _KEYS[found[1]], text)
