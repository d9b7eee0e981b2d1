"""Which text is a path of this machine? What means something else elsewhere would become a folder of that name."""

from __future__ import annotations

import re
import unicodedata

from pulumi_opsmanager.errors import shorten

# Control characters, halves of surrogate pairs, separators of lines and paragraphs.
_NOT_PRINTED = frozenset({"Cc", "Cs", "Zl", "Zp"})

_NO_URL = "must be a path on this machine, not a URL"
_NOT_EXPANDED = "must not hold {0}, which is not expanded here: write its value"

# The first that is found counts.
_FOREIGN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        (r"^~", "must not begin with ~, which is not expanded here: write the folder out"),
        (r"^[a-z]:|\\", "must be a path on this machine, not a Windows path"),
        (r"^file:/|file://", f"{_NO_URL}: leave out file://"),
        # One slash is what pathlib leaves of two.
        (r"^[a-z][a-z0-9+.-]*:/|://", f"{_NO_URL}: this version stores no archive in object storage"),
        (r"\$([a-z_]\w*|\{[^}]*\}?|\([^)]*\)?)|`[^`]*`", _NOT_EXPANDED),
        # Two letters are more often the code of a character.
        (r"%[a-z_][\w()]{2,}%", _NOT_EXPANDED),
    )
)


def path_problem(text: str) -> str | None:
    """The rule that a path breaks, in words that follow its name; None for a path of this machine.

    Args:
        text: Relative or absolute, of a file or a folder; letters of any script and blanks are fine.
    """
    if any(unicodedata.category(letter) in _NOT_PRINTED for letter in text):
        return "must not hold control characters, such as a line break or NUL"
    if not text.strip():
        return "must not be empty"
    for pattern, rule in _FOREIGN:
        if found := pattern.search(text):
            return rule.format(shorten(found[0], 40))
    return None
