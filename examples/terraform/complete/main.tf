# Collect the last two hours of several replica sets, and store verified archives in the folder `archives`.

terraform {
  required_providers {
    opsmanager = {
      source  = "opsmanager/opsmanager"
      version = "~> 0.1"
    }
  }
}

# The environment gives the settings (OPSMANAGER_BASE_URL and others).
provider "opsmanager" {}

variable "replica_sets" {
  description = "Names of the replica sets, as in the automation configuration."
  type        = set(string)
  default     = ["rs0", "shop-shard-0"]
}

resource "opsmanager_log_collection_window" "incident" {
  last = "2h"
}

resource "opsmanager_log_collection_job" "logs" {
  for_each = var.replica_sets

  resource_type                 = "REPLICASET"
  resource_name                 = each.key
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 100000000
  redacted                      = true
  log_collection_from_date      = opsmanager_log_collection_window.incident.log_collection_from_date
  log_collection_to_date        = opsmanager_log_collection_window.incident.log_collection_to_date
}

resource "opsmanager_log_collection_completion" "finished" {
  job_ids         = [for job in opsmanager_log_collection_job.logs : job.id]
  timeout_seconds = 1800
}

resource "opsmanager_log_archive" "logs" {
  for_each = opsmanager_log_collection_job.logs

  job_id = each.value.id
  path   = "archives/"

  depends_on = [opsmanager_log_collection_completion.finished]
}

output "archives" {
  description = "Archive file of each replica set."
  value       = { for name, archive in opsmanager_log_archive.logs : name => archive.file }
}

output "statuses" {
  description = "Status of each job, by job ID."
  value       = opsmanager_log_collection_completion.finished.statuses
}
