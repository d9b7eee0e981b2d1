# The configuration of `make demo-terraform`.

terraform {
  required_providers {
    opsmanager = {
      source = "opsmanager/opsmanager"
    }
  }
}

variable "expiration_date" {
  description = "When the server deletes the archive. Default: the server decides."
  type        = string
  default     = null
}

resource "opsmanager_log_collection_job" "logs" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
  expiration_date               = var.expiration_date
}

output "job_id" {
  value = opsmanager_log_collection_job.logs.id
}

output "status" {
  value = opsmanager_log_collection_job.logs.status
}
