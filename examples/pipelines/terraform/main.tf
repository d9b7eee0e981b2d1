# The pipeline collects the logs of two deployments, keeps them as artifacts, and renews the jobs every night.

terraform {
  required_providers {
    opsmanager = {
      source  = "opsmanager/opsmanager"
      version = "~> 0.1"
    }
  }

  # prod.s3.tfbackend names the bucket of the state.
  backend "s3" {}
}

# The environment gives the settings (OPSMANAGER_BASE_URL and others).
provider "opsmanager" {}

locals {
  targets = {
    rs0  = "REPLICASET"
    shop = "CLUSTER"
  }
}

resource "opsmanager_log_collection_job" "logs" {
  for_each = local.targets

  resource_type                 = each.value
  resource_name                 = each.key
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
  retention_days                = 90
  renew_when_days_left          = 30
}

# If a target fails, only its archive is missing. The apply fails for that archive.
resource "opsmanager_log_collection_completion" "finished" {
  job_ids    = [for job in opsmanager_log_collection_job.logs : job.id]
  on_failure = "accept"
}

resource "opsmanager_log_archive" "logs" {
  for_each = opsmanager_log_collection_job.logs

  job_id = each.value.id
  path   = "archives/"
  # Each runner starts with an empty disk. An archive is an artifact of the run that downloaded it.
  if_missing = "ignore"

  depends_on = [opsmanager_log_collection_completion.finished]
}

output "statuses" {
  value = opsmanager_log_collection_completion.finished.statuses
}

output "download_urls" {
  value = { for name, job in opsmanager_log_collection_job.logs : name => job.download_url }
}
