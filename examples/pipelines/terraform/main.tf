# What the pipeline applies: logs of these deployments, as artifacts of the build, and renewed every night.

terraform {
  required_providers {
    opsmanager = {
      source  = "opsmanager/opsmanager"
      version = "~> 0.1"
    }
  }

  # prod.s3.tfbackend says where the state is.
  backend "s3" {}
}

# OPSMANAGER_* variables give the settings.
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

# A failed target costs its own archive only: that archive is incomplete, and an error.
resource "opsmanager_log_collection_completion" "finished" {
  job_ids    = [for job in opsmanager_log_collection_job.logs : job.id]
  on_failure = "accept"
}

resource "opsmanager_log_archive" "logs" {
  for_each = opsmanager_log_collection_job.logs

  job_id = each.value.id
  path   = "archives/"
  # A runner's disk is new every time: what one run has downloaded is its artifact, and no later run's business.
  if_missing = "ignore"

  depends_on = [opsmanager_log_collection_completion.finished]
}

output "statuses" {
  value = opsmanager_log_collection_completion.finished.statuses
}

output "download_urls" {
  value = { for name, job in opsmanager_log_collection_job.logs : name => job.download_url }
}
