terraform {
  required_providers {
    opsmanager = { source = "opsmanager/opsmanager" }
  }
}

# OPSMANAGER_* variables give the settings.
provider "opsmanager" {}

resource "opsmanager_log_collection_job" "logs" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
}
