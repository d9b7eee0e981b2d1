terraform {
  required_providers {
    opsmanager = { source = "opsmanager/opsmanager" }
  }
}

# The environment gives the settings (OPSMANAGER_BASE_URL and others).
provider "opsmanager" {}

resource "opsmanager_log_collection_job" "logs" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
}
