resource "opsmanager_log_collection_job" "logs" {
  for_each = toset(["rs0", "rs1"])

  resource_type                 = "REPLICASET"
  resource_name                 = each.key
  log_types                     = ["MONGODB"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
}

# One completion waits for all jobs at once. It fails if a job stays failed after one restart.
resource "opsmanager_log_collection_completion" "finished" {
  job_ids         = [for job in opsmanager_log_collection_job.logs : job.id]
  timeout_seconds = 1800
}

output "statuses" {
  value = opsmanager_log_collection_completion.finished.statuses
}
