"""The wording of errors, which all rooms share."""

from __future__ import annotations

import ast
import re

import pytest

from pulumi_opsmanager.errors import NotAllowed, Subject, Unavailable, attempting, counted, needs_extra
from tests.support import ROOT

# A number before a plural word: `{len(jobs)} jobs`.
_BY_HAND = re.compile(
    r"\{[^}]+\}( \w+)? (archives|attempts|bytes|days|entries|files|hosts|jobs|lines|members|parts|requests|targets)\b"
)

# Two twins or more, and constants.
_NEVER_ONE = {"{len(twins)} jobs", "{BODY_BYTES} bytes", "{attempts} attempts"}


def test_message_has_request_finding_and_remedy_in_this_order() -> None:
    """`attempting` does not change the finding."""
    subject = Subject(request="GET https://om/x", host="om")
    with pytest.raises(Unavailable) as failed, attempting("read job x"):
        raise Unavailable("no connection to om", remedy="check base_url", subject=subject)
    assert str(failed.value) == "cannot read job x: GET https://om/x: no connection to om; check base_url"
    assert (failed.value.finding, failed.value.remedy) == ("no connection to om", "check base_url")
    answered = NotAllowed("answered 401: no role", subject=subject, status=401)
    assert str(answered) == "GET https://om/x answered 401: no role"
    assert str(NotAllowed("no role")) == "no role"


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ("job",), "0 jobs"),
        (1, ("job",), "1 job"),
        (2, ("job",), "2 jobs"),
        (1, ("entry", "entries"), "1 entry"),
        (3, ("entry", "entries"), "3 entries"),
        (0, ("part is missing", "parts are missing"), "0 parts are missing"),
        (1, ("part is missing", "parts are missing"), "1 part is missing"),
        (2, ("part is missing", "parts are missing"), "2 parts are missing"),
    ],
)
def test_number_and_words_agree(number: int, words: tuple[str, ...], expected: str) -> None:
    """One is singular; zero and many are plural."""
    assert counted(number, *words) == expected


def test_message_about_an_extra_names_no_public_index() -> None:
    """The package is on none, so the reader names the clone or another index. Each named extra exists."""
    text = needs_extra("emulator")
    assert text.startswith("needs the extra emulator: pip install 'CLONE[emulator]', with the path of the clone")
    sources = "".join(file.read_text() for file in (ROOT / "provider").rglob("*.py"))
    assert not re.search(r"pip install '?(pulumi-opsmanager|\{_PACKAGE\})", sources)
    extras = re.findall(r"^([\w-]+) = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert set(re.findall(r"needs_extra\(['\"]([\w-]+)", sources)) <= set(extras)


def test_no_message_counts_by_hand() -> None:
    """Each number before a plural goes through `counted`, unless it is never one."""
    found = set()
    for file in (ROOT / "provider").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                found |= {match[0] for match in _BY_HAND.finditer(ast.unparse(node))}
    assert found == _NEVER_ONE
