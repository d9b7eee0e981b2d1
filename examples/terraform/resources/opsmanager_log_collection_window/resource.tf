# The two hours before the apply that creates the window. Later applies keep the period.
resource "opsmanager_log_collection_window" "incident" {
  last = "2h"
}

resource "opsmanager_log_collection_job" "rs0" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
  log_collection_from_date      = opsmanager_log_collection_window.incident.log_collection_from_date
  log_collection_to_date        = opsmanager_log_collection_window.incident.log_collection_to_date
}
