"""Measure every figure in one run, and write down what was seen: a table, `results.json` and the plots.

Ends 0 only when each limit holds, or the figure says why it does not.
"""

from __future__ import annotations

import compileall
import sys
import tempfile
import time
from pathlib import Path

from pulumi.automation import PulumiCommand

from tools.engine.find import find_engine

from . import downloads, planning, traffic, waiting
from .figure import Figure, Lab
from .report import ROOT, Measured, write_report

FIGURES: tuple[Figure, ...] = (
    traffic.life_of_a_job,
    traffic.waiting_for_jobs,
    traffic.refreshing_jobs,
    planning.check_and_diff,
    planning.size_in_state,
    planning.start_of_the_provider,
    downloads.verified_download,
    downloads.memory_of_a_download,
    waiting.wall_time_of_a_completion,
    waiting.wall_time_of_components,
    planning.preview_of_unchanged_jobs,
    planning.refresh_of_unchanged_jobs,
    planning.up_of_new_jobs,
)


def main(wanted: list[str]) -> int:
    """Measure the figures that are named, or all; only a whole run is written down."""
    measured = []
    # As pip leaves an installed package; one that is edited may lie there without, and each start would compile it.
    compileall.compile_dir(str(ROOT / "provider"), quiet=1)
    engine = PulumiCommand(root=str(find_engine(print)))
    with tempfile.TemporaryDirectory(prefix="opsmanager-bench-") as folder:
        lab = Lab(Path(folder), engine)
        for figure in FIGURES:
            if not wanted or figure.name in wanted:
                started = time.perf_counter()
                measured.append(Measured(figure, tuple(figure.measure(lab))))
                print(f"{measured[-1].text()}({time.perf_counter() - started:.0f} s)\n", flush=True)
    if not wanted:
        write_report(measured)
    return int(any(not one.is_kept and not one.figure.missed for one in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
