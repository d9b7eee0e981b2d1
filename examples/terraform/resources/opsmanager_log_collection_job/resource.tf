# The server keeps the archive for 90 days. An apply renews the expiry when fewer than 30 days are left.
resource "opsmanager_log_collection_job" "rs0" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
  retention_days                = 90
  renew_when_days_left          = 30
}

output "download_url" {
  value = opsmanager_log_collection_job.rs0.download_url
}
