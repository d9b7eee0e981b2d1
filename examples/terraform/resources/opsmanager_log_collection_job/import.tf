import {
  to = opsmanager_log_collection_job.rs0
  id = "66f2a41b9d3c5e0012ab34cd/69a5553c7e41b2000f5d8a01"
}
