"""An input of the job is declared once: check, diff, request, class and reference follow from the schema."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from pulumi_opsmanager.lifecycle.inputs import check_inputs
from pulumi_opsmanager.lifecycle.plan import changes
from pulumi_opsmanager.schema import job
from pulumi_opsmanager.schema.fields import InBody, OnChange, says
from pulumi_opsmanager.schema.types import WholeNumber
from tests.support import job_values
from tools import classes, tables


class WiderInputs(job.JobInputs):
    """The inputs of a job with one more field."""

    compression_level: Annotated[
        WholeNumber,
        OnChange.REPLACE,
        InBody.AS_IS,
        Field(ge=0, le=9),
        says("Compression of the archive. From 0 to 9."),
    ] = 6


def test_new_input_needs_only_its_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Default, bounds, change, body, parameter and table row follow from the declaration."""
    default, nine, ten = (
        check_inputs(WiderInputs, job_values(compressionLevel=level), None, None) for level in (None, 9.0, 10)
    )
    assert default.values["compressionLevel"] == default.declared.known.compression_level == 6
    assert list(map(str, ten.failures)) == ["compression_level must be at most 9, not 10"]
    assert changes(default.declared.known, nine.declared).replaces == ("compression_level",)
    monkeypatch.setattr(job, "JobInputs", WiderInputs)
    assert job.request_body(nine.declared.known, epoch_dates=True)["compressionLevel"] == 9
    assert tables._inputs(WiderInputs).endswith(
        "| `compression_level` | replaces the job | Compression of the archive. From 0 to 9. Default: 6. |\n"
    )
    *_, added = classes._inputs(WiderInputs)
    assert added[1] == "pulumi.Input[int] | None"
    assert classes._line(added) == f"{' ' * 12}compression_level: Compression of the archive. Default: 6.\n"
    assert classes._output(added[0]) == "    compression_level: pulumi.Output[int]\n"
