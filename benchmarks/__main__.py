"""Measure all figures in one run, then write the results, the tables of the page and the plots.

The report shows missed limits. Only an exception ends the run with an error.
"""

from __future__ import annotations

import compileall
import sys
import tempfile
import time
from pathlib import Path

from pulumi.automation import PulumiCommand

from tools.engine.find import find_engine
from tools.engine.terraform import find_binaries

from . import cpu, downloads, engine, provider, scale, terraform, traffic, uploads, waiting
from .figure import Lab
from .report import ROOT, Measured, markdown, write_report, write_scale_page

PAGE = {
    "Requests": (traffic.life_of_a_job,),
    "Waiting": (traffic.requests_while_waiting, waiting.time_until_complete),
    "Refresh": (engine.requests_of_a_refresh,),
    "Verified download": (downloads.verified_download, downloads.memory_of_a_download),
    "Verified upload": (uploads.verified_upload, uploads.memory_of_an_upload),
    "Preview and up": (engine.preview, engine.up),
    "Plan with Terraform": (terraform.start_of_the_terraform_provider, terraform.terraform_plan_of_unchanged_jobs),
    "Apply with Terraform": (terraform.terraform_apply, terraform.requests_of_a_terraform_plan),
}
SCALE = (scale.first_up, scale.first_up_with_one_write, scale.unchanged_preview, scale.refresh, scale.state_file)
ONLY_RESULTS = (
    engine.time_of_a_refresh,
    cpu.processor_time_of_a_preview,
    cpu.processor_time_of_an_up,
    cpu.processor_time_of_a_refresh,
    engine.size_in_state,
    provider.start_of_the_provider,
    provider.check_and_diff,
    terraform.terraform_plan_of_new_jobs,
)


def main(wanted: list[str]) -> None:
    """Measure the named figures, or all of them. `scale` names those of docs/scale.md.

    A run of all figures writes the report. A run with all figures of docs/scale.md writes that page.
    """
    # pip compiles an installed package, but not an editable one, which each start would compile again.
    compileall.compile_dir(str(ROOT / "provider"), quiet=1)
    names = {*wanted, *(figure.name for figure in SCALE if "scale" in wanted)}
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="opsmanager-bench-") as folder:
        lab = Lab(Path(folder), PulumiCommand(root=str(find_engine(print))), find_binaries(print)[0])
        for figure in (*sum(PAGE.values(), ()), *SCALE, *ONLY_RESULTS):
            if not names or figure.name in names:
                started = time.perf_counter()
                measured.append((figure, tuple(figure.measure(lab))))
                print(f"{markdown(*measured[-1])}({time.perf_counter() - started:.0f} s)\n", flush=True)
    of_scale = [(figure, rows) for figure, rows in measured if figure in SCALE]
    if len(of_scale) == len(SCALE):
        write_scale_page(of_scale)
    if not names:
        write_report(PAGE, measured, lab.terraform)


if __name__ == "__main__":
    main(sys.argv[1:])
