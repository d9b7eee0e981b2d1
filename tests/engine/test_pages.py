"""Every block of the documentation and every example works when it is copied."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, zip_longest
from pathlib import Path

import trustme
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator
from tests.blocks import Block, blocks, blocks_of, edit_settings
from tests.engine.roads import behind_tls, proxy
from tests.engine.stack import Stack
from tests.support import JOB, ROOT, client_for, days_ahead, job_request

CA_FILE, PROXY = "/etc/ssl/om-ca.pem", "http://proxy.example.net:3128"
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*"))
PAGES = {page: list(found) for page, found in groupby(blocks("program", "script", "shell", "shown"), lambda b: b.page)}

# Runs each program as a file, in one stack: names of resources must differ between pages, or the engine refuses them.
# An export gets a second name, which no other program can take.
ALL_PROGRAMS = """\
import functools, pathlib, runpy
import pulumi

export = pulumi.export

def export_twice(program, name, value):
    export(name, value)
    export(f"{program}.{name}", value)

for file in sorted(pathlib.Path("programs").glob("*.py")):
    pulumi.export = functools.partial(export_twice, file.stem)
    runpy.run_path(str(file))
"""


def typed(text: str, stack: Stack, clone: Path) -> str:
    """Type lines into a new shell: in the stack's folder, or in a copy of the repository where they name its files."""
    folder, environment = stack.folder, stack.command_environment()
    if "tools/" in text or "examples/" in text:
        folder, environment = clone, in_a_clone(clone, stack)
        # Pulumi uses the home folder of the user, for any value of HOME.
        text = text.replace("file://~", f"file://{clone}")
    return printed_by(text, folder, environment)


def printed_by(text: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run lines in a new shell, which ends at the first that fails; return what they printed."""
    finished = subprocess.run(
        ["/bin/sh", "-eu"], input=text, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def in_a_clone(folder: Path, stack: Stack) -> dict[str, str]:
    """Copy the repository, unless it is there, and return an environment in which nothing of ours is set."""
    if not folder.exists():
        folder.mkdir()
        for name in ("LICENSE", "Pulumi.yaml", "README.md", "examples", "provider", "pyproject.toml", "tools"):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(sys.prefix)
    return {
        "HOME": os.environ["HOME"],
        # pip finds installed build requirements; 0 turns build isolation off.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PULUMI_HOME": str(folder / "pulumi"),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": stack.command_environment()["PATH"],
    }


def check_shown(block: Block, printed: str) -> None:
    """Find each line of a block in the printed text. `…` matches any text."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    for line in block.text.splitlines():
        pattern = ".*".join(re.escape(" ".join(part.split())) for part in line.strip().split("…"))
        # Spaces next to a gap belong to the gap.
        pattern = pattern.replace("\\ .*", ".*").replace(".*\\ ", ".*")
        assert any(re.search(pattern, shown) for shown in lines), f"{block}: {line}\n\nis not in:\n\n{printed}"


def read(page: Sequence[Block], stack: Stack, clone: Path, words: Mapping[str, str]) -> None:
    """Do what each block says; a program is kept for the `up` of all, and previewed alone where the page shows it."""
    printed = ""
    for block, after in zip_longest(page, page[1:]):
        text = block.text
        for word, real in words.items():
            text = text.replace(word, real)
        if block.kind == "program":
            name = re.sub(r"\W", "-", str(block))
            (stack.folder / "programs" / f"{name}.py").write_text(text)
            if after is not None and after.kind == "shown":
                stack.program(text)
                stack.preview()
                printed = stack.printed
        elif block.kind == "script":
            (stack.folder / "script.py").write_text(text)
            printed = typed("python script.py", stack, clone)
        elif block.kind == "shell":
            printed = typed(text, stack, clone)
        else:
            check_shown(block, printed)


def around_the_up(page: Sequence[Block]) -> tuple[Sequence[Block], Sequence[Block]]:
    """The blocks to its last program, with the preview that is shown of it, and those that need what `up` made."""
    programs = [number for number, block in enumerate(page, 1) if block.kind == "program"]
    end = programs[-1] if programs else len(page)
    if [block.kind for block in page[end : end + 1]] == ["shown"]:
        end += 1
    return page[:end], page[end:]


def test_every_page_and_every_example_runs(new_stack: Callable[..., Stack], server: Emulator, tmp_path: Path) -> None:
    """Commands succeed and print the shown text. One `up` applies all programs, and the next preview is empty.

    Commands above the last program of a page run before that `up`. The other commands run after it.
    """
    authority, ca_file, clone = trustme.CA(), tmp_path / "ca.pem", tmp_path / "clone"
    authority.cert_pem.write_to_path(ca_file)
    stack = new_stack(ALL_PROGRAMS, PULUMI_SKIP_CONFIRMATIONS="true")
    (stack.folder / "programs").mkdir()
    with behind_tls(server, authority) as secure, proxy() as gateway, Emulator() as west:
        words = dict.fromkeys(
            ("https://om-east.example.net:8443", "https://cloud.mongodb.com", "http://127.0.0.1:8080"), server.url
        ) | {
            "https://om-west.example.net:8443": west.url,
            CA_FILE: str(ca_file),
            PROXY: gateway.url,
            "qwertyui": server.public_key,
            "01234567-89ab-cdef-0123-456789abcdef": server.private_key,
        }
        later = []
        for page in PAGES.values():
            needs_ca = any(CA_FILE in block.text for block in page)
            of_page = words | {"https://om.example.net:8443": secure if needs_ca else server.url}
            above, below = around_the_up(page)
            read(above, stack, clone, of_page)
            later.append((below, of_page))
        on_pages = {block.text for page in PAGES.values() for block in page}
        for folder in EXAMPLES:
            assert {path.name for path in folder.iterdir()} >= {"Pulumi.yaml", "__main__.py", "README.md"}
            program = (folder / "__main__.py").read_text()
            if program not in on_pages and "import jobs" not in program:
                (stack.folder / "programs" / f"{folder.name}.py").write_text(program)
        stack.configure("expires", days_ahead(60))
        stack.program(ALL_PROGRAMS)
        stack.up()
        assert stack.preview() == {}, [*stack.lines, stack.printed]
        for below, of_page in later:
            read(below, stack, clone, of_page)
        # The hash is that of the asset, which the engine reads itself.
        (archive,) = (value for name, value in stack.outputs().items() if name.endswith(".file"))
        sha256 = hashlib.sha256((stack.folder / archive).read_bytes()).hexdigest()
        assert sha256 in stack.exported().partition('"asset"')[2]
        assert server.private_key not in stack.exported()
        assert len(west.job_ids) == 2
        stack.destroy()
        assert server.job_ids == west.job_ids == []
        assert gateway.asked
    assert list(stack.folder.glob("archives/*.tar.gz"))


def test_jobs_made_elsewhere_are_read_and_taken_over(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """The page docs/take-over.md runs from top to bottom."""
    ids = [
        client_for(server, wall_clock()).jobs(server.project_id).create(job_request(resourceName=f"rs{number}"))
        for number in range(3)
    ]
    only_read, take, taken, find = blocks_of(ROOT / "docs" / "take-over.md")
    stack = new_stack(only_read.text.replace(JOB, ids[0]))
    stack.up()
    assert stack.outputs()["status"] == "SUCCESS"
    typed(take.text, stack, stack.folder)
    assert len(stack.jobs()) == 4
    stack.program(taken.text)
    stack.up()
    assert stack.preview() == {}, [*stack.lines, stack.printed]
    assert sorted(job["id"] for job in stack.jobs()) == sorted(ids)
    typed(find.text, stack, stack.folder)
    stack.destroy()
    assert server.job_ids == []


def test_recipe_of_an_installer_ends_with_an_archive(
    new_stack: Callable[..., Stack], server: Emulator, tmp_path: Path, installer: str
) -> None:
    """The page leads from an empty folder to an archive. pip runs without the internet, the others with the index."""
    project, settings, *recipes = (block.text for block in blocks_of(ROOT / "docs" / "install.md"))
    prepare = project + settings
    recipe = dict(zip(("pip", "uv", "poetry"), recipes, strict=True))[installer]
    assert f"{installer} " in recipe
    assert max(prepare.count("\n"), recipe.count("\n")) <= 10
    if installer == "poetry":
        # It takes no index from the environment, and PyPI's other interface is not there behind each mirror.
        index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple/")
        (source,) = re.findall(r"`(poetry source add .*) URL`", (ROOT / "docs" / "air-gapped.md").read_text())
        recipe = recipe.replace("poetry add", f"{source} {index}\npoetry add")
    clone = tmp_path / "clone"
    stack = new_stack("")
    environment = in_a_clone(clone, stack)
    if installer != "pip":
        ours = {name for name in environment if name.startswith(("PIP_", "PYTHON"))}
        environment = os.environ | {name: value for name, value in environment.items() if name not in ours}
        environment |= {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "UV_PYTHON": sys.executable}
    edit_settings(clone / "examples" / "env.sh", server)
    printed = printed_by(prepare + recipe, clone, environment)
    assert len([*(tmp_path / "collect-logs" / "archives").glob("*.tar.gz")]) == len(server.job_ids) == 1
    assert (tmp_path / "collect-logs" / "env.sh").stat().st_mode & 0o777 == 0o600
    assert server.private_key not in printed


def test_readme_ends_with_a_verified_archive(new_stack: Callable[..., Stack], server: Emulator, tmp_path: Path) -> None:
    """The first program has the preview that the page shows. Ten lines for Pulumi lead from a clone to its archive."""
    program, shown, *others = blocks_of(ROOT / "README.md")
    settings, _, pulumi = (block.text for block in others if block.kind == "shell")
    stack = new_stack(program.text)
    stack.preview()
    check_shown(shown, stack.printed)
    clone = tmp_path / "clone"
    environment = in_a_clone(clone, stack)
    edit_settings(clone / "examples" / "env.sh", server)
    assert pulumi.count("\n") <= 10
    printed_by(settings + pulumi, clone, environment)
    (archive,) = (tmp_path / "logs" / "archives").glob("*.tar.gz")
    assert archive.with_name(f"{archive.name}.json").exists()


def test_make_targets_of_the_pages_exist_and_the_demo_runs(engine: PulumiCommand) -> None:
    """Targets that run tests or need the internet are only looked up."""
    targets = [*blocks("targets"), *(block for block in blocks_of(ROOT / "README.md") if block.kind == "targets")]
    lines = {line for block in targets for line in block.text.splitlines()}
    assert "make demo" in lines
    # The environment of these tests exists, whatever the age of its files says. An outer `make` has no say here.
    made = ["-o", ".venv/ready", f"BIN={Path(sys.executable).parent}"]
    path = f"{Path(engine.command).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "MAKEFLAGS": "", "MAKELEVEL": "0"}
    for line in lines:
        command = [*line.split(), *made, *([] if line == "make demo" else ["--dry-run"])]
        finished = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert line != "make demo" or "its files are gone" in finished.stdout
