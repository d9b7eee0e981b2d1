data "opsmanager_log_collection_job" "theirs" {
  id = "69a5553c7e41b2000f5d8a01"
}

output "status" {
  value = data.opsmanager_log_collection_job.theirs.status
}
