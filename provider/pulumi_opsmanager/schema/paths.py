"""Is a text a path of this machine, or the URL of an object? Any other text would become a folder of that name."""

from __future__ import annotations

import re
import unicodedata

from pulumi_opsmanager.errors import shorten

# Unicode categories: control characters, unpaired surrogates, separators of lines and paragraphs.
_NOT_PRINTED = frozenset({"Cc", "Cs", "Zl", "Zp"})

_SCHEMES = ("s3", "gs", "az")
_NO_URL = "must be a path, or a URL with s3://, gs:// or az://, not another URL"
_NOT_EXPANDED = "must not hold {0}, which is not expanded here: write its value"

_UNEXPANDED: tuple[tuple[str, str], ...] = (
    (r"\$([A-Za-z_]\w*|\{[^}]*\}?|\([^)]*\)?)|`[^`]*`", _NOT_EXPANDED),
    # At least three letters: %41 and %AB are codes of characters.
    (r"%[A-Za-z_][\w()]{2,}%", _NOT_EXPANDED),
)

# The first match counts.
_FOREIGN: tuple[tuple[str, str], ...] = (
    (r"^~", "must not begin with ~, which is not expanded here: write the folder out"),
    (r"^[a-z]:|\\", "must be a path on this machine, not a Windows path"),
    (r"^file:/|file://", f"{_NO_URL}: leave out file://"),
    # pathlib turns two slashes into one.
    (rf"^({'|'.join(_SCHEMES)}):/(?!/)", "must have two slashes after the scheme: give text, because Path removes one"),
    (r"^[a-z][a-z0-9+.-]*:/|://", _NO_URL),
    *_UNEXPANDED,
)

# These rules do not repeat the found text, because a user or a query may contain a key.
_FOREIGN_IN_URL: tuple[tuple[str, str], ...] = (
    (r"^[^/]*//[^/]*@", "must not hold a user or a key: the environment gives them"),
    (r"[?#]", "must not hold a query or a fragment: the environment gives keys and options"),
    (r"\\", "must not hold a backslash"),
    (r"^[^/]*//(/|$)", "must name a bucket: s3://BUCKET/KEY"),
    *_UNEXPANDED,
    (r"^[^/]*//(?![a-z0-9][a-z0-9._-]*[a-z0-9](/|$))", "must name a bucket in lower-case letters, digits, - and ."),
    (r"^[^/]*//[^/]+/(.*/)?/", "must not have an empty folder in its key"),
    (r"^[^/]*//[^/]+/(.*/)?\.{1,2}(/|$)", "must not have the folder . or .. in its key"),
)


def path_problem(text: str) -> str | None:
    """The rule that a path breaks, in words that follow its name; None for a path of this machine or of a bucket.

    Args:
        text: Path of a file or a folder, relative or absolute, or a URL. Blanks and letters of all scripts are valid.
    """
    if any(unicodedata.category(letter) in _NOT_PRINTED for letter in text):
        return "must not hold control characters, such as a line break or NUL"
    if not text.strip():
        return "must not be empty"
    is_object = text.startswith(tuple(f"{scheme}://" for scheme in _SCHEMES))
    for pattern, rule in _FOREIGN_IN_URL if is_object else _FOREIGN:
        if found := re.search(pattern, text, 0 if is_object else re.IGNORECASE):
            return rule.format(shorten(found[0], 40))
    return None
