# Successful jobs of one replica set that are at most two days old.
data "opsmanager_log_collection_jobs" "recent" {
  status        = "SUCCESS"
  resource_type = "REPLICASET"
  resource_name = "rs0"
  newer_than    = "2d"
}

output "newest_first" {
  value = data.opsmanager_log_collection_jobs.recent.jobs[*].id
}
