"""Features of the language and commands for any resource, tested with jobs."""

from __future__ import annotations

from pulumi_opsmanager.emulator import Emulator
from tests.support import days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    LOGS,
    applied,
    block,
    flat,
    ids,
    job,
    lifecycle,
    made,
    planned,
    require_settled,
    stored,
    write,
    writes,
)

DUE, LATER = f'"{days_ahead(40)}"', f'"{days_ahead(60)}"'


def test_for_each_makes_a_job_for_each_key(reattached: Configuration, server: Emulator) -> None:
    """A removed key deletes its job, and a new key creates one. The other jobs stay."""
    declared = {"resource_name": "each.key"}
    write(reattached, job(more='  for_each = toset(["rs0", "rs1"])', **declared))
    applied(reattached)
    before = ids(reattached)
    write(reattached, job(more='  for_each = toset(["rs1", "rs2"])', **declared))
    assert planned(reattached).actions == {f'{LOGS}["rs0"]': "delete", f'{LOGS}["rs2"]': "create"}
    applied(reattached)
    after = ids(reattached)
    assert after[f'{LOGS}["rs1"]'] == before[f'{LOGS}["rs1"]']
    assert sorted(server.job_ids) == sorted(after.values())
    assert made(server) == 3


def test_count_makes_a_job_for_each_number(reattached: Configuration, server: Emulator) -> None:
    """Jobs with one body are separate jobs. A lower count deletes the last ones."""
    write(reattached, job(more="  count = 12"))
    applied(reattached)
    before = ids(reattached)
    assert sorted(server.job_ids) == sorted(before.values())
    assert made(server) == len(before) == 12
    write(reattached, job(more="  count = 11"))
    applied(reattached)
    assert ids(reattached) == {address: one for address, one in before.items() if address != f"{LOGS}[11]"}
    assert len(server.job_ids) == 11


def test_module_hands_values_in_and_out(reattached: Configuration, server: Emulator) -> None:
    """Two instances of a module have one job each."""
    inside = reattached.folder / "collection"
    inside.mkdir()
    head = 'terraform {\n  required_providers {\n    opsmanager = { source = "opsmanager/opsmanager" }\n  }\n}\n'
    outputs = f'variable "name" {{\n  type = string\n}}\noutput "id" {{\n  value = {LOGS}.id\n}}\n'
    (inside / "main.tf").write_text(head + outputs + job(resource_name="var.name"))
    call = 'module "each" {\n  source = "./collection"\n  for_each = toset(["rs0", "rs1"])\n  name = each.key\n}\n'
    write(reattached, call, 'output "ids" {\n  value = { for name, one in module.each : name => one.id }\n}\n')
    reattached.run("get")
    applied(reattached)
    made_ids = {name: ids(reattached)[f'module.each["{name}"].{LOGS}'] for name in ("rs0", "rs1")}
    assert reattached.outputs()["ids"] == made_ids
    assert sorted(server.job_ids) == sorted(made_ids.values())


def test_saved_plan_is_applied_once(reattached: Configuration, server: Emulator) -> None:
    """It creates the resources that it shows. Terraform refuses a second apply of the same plan."""
    write(reattached, job(triggers="[0.1, {a = null}]", expiration_date=DUE))
    reattached.plan("-out=saved.tfplan")
    reattached.run("apply", "saved.tfplan")
    require_settled(reattached)
    assert "stale" in reattached.run("apply", "saved.tfplan", expect_code=1).output.lower()
    assert server.job_ids == [stored(reattached)["id"]]


def test_saved_plan_of_a_replacement_collects_once(reattached: Configuration, server: Emulator) -> None:
    """Delete and create happen in the apply of the plan."""
    write(reattached, job())
    reattached.apply()
    write(reattached, job(resource_name='"rs1"'))
    reattached.plan("-out=saved.tfplan")
    server.forget_requests()
    reattached.run("apply", "saved.tfplan")
    assert writes(server) == ["DELETE", "POST"]
    require_settled(reattached)


def test_moved_block_keeps_the_job(reattached: Configuration, server: Emulator) -> None:
    """Its address changes, and nothing is sent."""
    write(reattached, job(expiration_date=DUE))
    reattached.apply()
    before = stored(reattached)
    to = "opsmanager_log_collection_job.new"
    write(reattached, job("new", expiration_date=DUE), f"moved {{\n  from = {LOGS}\n  to = {to}\n}}\n")
    assert f"# {LOGS} has moved to {to}" in flat(reattached.plan().output)
    applied(reattached)
    assert stored(reattached, to) == before
    assert writes(server) == ["POST", "PATCH"]


def test_removed_block_leaves_the_job_on_the_server(reattached: Configuration, server: Emulator) -> None:
    """The state forgets it."""
    write(reattached, job())
    reattached.apply()
    (job_id,) = server.job_ids
    write(reattached, f"removed {{\n  from = {LOGS}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n")
    applied(reattached)
    assert ids(reattached) == {}
    assert server.job_ids == [job_id]


def test_tainted_job_is_collected_again(reattached: Configuration, server: Emulator) -> None:
    """Only a person taints a job, and can undo it."""
    write(reattached, job())
    reattached.apply()
    reattached.run("taint", LOGS)
    assert planned(reattached).actions == {LOGS: "replace"}
    reattached.run("untaint", LOGS)
    require_settled(reattached)
    reattached.run("taint", LOGS)
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]
    assert made(server) == 2


def test_sensitive_values_are_declared_like_any_other(reattached: Configuration, server: Emulator) -> None:
    """A plan hides them, and an update keeps the job."""
    hidden = {"resource_name": 'sensitive("secret-rs")', "max_retries": "sensitive(2)", "triggers": '[sensitive("x")]'}
    write(reattached, job(**hidden, expiration_date=f"sensitive({DUE})"))
    assert "secret-rs" not in applied(reattached)
    write(reattached, job(**hidden, expiration_date=f"sensitive({LATER})"))
    applied(reattached)
    assert writes(server) == ["POST", "PATCH", "PATCH"]


def test_replace_option_collects_again(reattached: Configuration, server: Emulator) -> None:
    """Terraform itself plans the replacement; no rule requires it."""
    write(reattached, job(expiration_date=DUE))
    reattached.apply()
    before = stored(reattached)
    applied(reattached, f"-replace={LOGS}")
    assert server.job_ids == [stored(reattached)["id"]] != [before["id"]]
    assert writes(server) == ["POST", "PATCH", "DELETE", "POST", "PATCH"]


def test_new_job_can_come_before_the_end_of_the_old_one(reattached: Configuration, server: Emulator) -> None:
    """With `create_before_destroy` a job exists at any time."""
    first = lifecycle("create_before_destroy = true")
    write(reattached, job(more=first))
    reattached.apply()
    server.forget_requests()
    write(reattached, job(more=first, triggers="[1]"))
    applied(reattached)
    assert writes(server) == ["POST", "DELETE"]
    assert server.job_ids == [stored(reattached)["id"]]


def test_refresh_only_stores_drift(reattached: Configuration, server: Emulator) -> None:
    """No request changes the server, and a missing job leaves the state."""
    write(reattached, job(), job("gone"))
    reattached.apply()
    job_id = stored(reattached)["id"]
    server.set_status(job_id, "FAILURE")
    server.set_status(stored(reattached, "opsmanager_log_collection_job.gone")["id"], None)
    server.forget_requests()
    said = flat(reattached.plan("-refresh-only").output)
    assert '~ status = "SUCCESS" -> "FAILURE"' in said
    assert "opsmanager_log_collection_job.gone has been deleted" in said
    reattached.apply("-refresh-only")
    assert ids(reattached) == {LOGS: job_id}
    assert (stored(reattached)["status"], stored(reattached)["retries"]) == ("FAILURE", 0)
    assert writes(server) == []


def test_job_waits_for_what_it_depends_on(reattached: Configuration, server: Emulator) -> None:
    """A job and a data source wait for it. A failure before them creates no job."""
    first = block("terraform_data", "first", {"input": "1"}, lifecycle("precondition {\n X\n }"))
    after = "  depends_on = [terraform_data.first]"
    broken = first.replace("X", 'condition = var.ready\n error_message = "not yet"')
    write(reattached, 'variable "ready" {\n  default = false\n}\n', broken, job(more=after))
    assert "not yet" in reattached.apply(expect_code=1).output
    assert server.job_ids == []
    write(reattached, block("terraform_data", "first", {"input": "1"}), job(more=after))
    applied(reattached)
    listed = f'data "opsmanager_log_collection_jobs" "all" {{\n  depends_on = [{LOGS}]\n}}\n'
    write(reattached, block("terraform_data", "first", {"input": "2"}), job(more=after), listed)
    applied(reattached)
    assert made(server) == 1


def test_check_and_conditions_see_the_job(reattached: Configuration, server: Emulator) -> None:
    """A failed postcondition fails the apply that created the job. The job stays, and is not created again."""
    condition = 'postcondition {\n condition = self.status == "X"\n error_message = "status ${self.status}"\n }'
    write(reattached, job(more=lifecycle(condition)))
    said = reattached.apply(expect_code=1).output
    assert "status SUCCESS" in said
    assert server.job_ids == [stored(reattached)["id"]]
    write(reattached, job())
    applied(reattached)
    assert made(server) == 1
