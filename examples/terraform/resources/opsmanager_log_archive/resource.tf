resource "opsmanager_log_collection_job" "rs0" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
}

resource "opsmanager_log_collection_completion" "finished" {
  job_ids = [opsmanager_log_collection_job.rs0.id]
}

# The file name consists of the deployment, the date and the ID of the job.
resource "opsmanager_log_archive" "rs0" {
  job_id = opsmanager_log_collection_job.rs0.id
  path   = "archives/"

  depends_on = [opsmanager_log_collection_completion.finished]
}

output "file" {
  value = opsmanager_log_archive.rs0.file
}
