from __future__ import annotations

import pytest

from pulumi_opsmanager.download.layout import Source, source_of


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("db1.example.net/27017/mongodb/mongodb.log", Source("db1.example.net", "27017", "MONGODB")),
        ("./db1/27017/mongodb/mongodb.log.2026-03-02T09-15-01", Source("db1", "27017", "MONGODB")),
        ("db1\\27017\\mongodb\\mongodb.log", Source("db1", "27017", "MONGODB")),
        ("/db1//27017/./mongodb/mongodb.log", Source("db1", "27017", "MONGODB")),
        ("gru\u0308n/27017/mongodb/mongodb.log", Source("gr\u00fcn", "27017", "MONGODB")),
        ("db1/27017/ftdc/metrics.interim", Source("db1", "27017", "FTDC")),
        ("db1/shop-shard-1/27018/mongodb/mongodb.log", Source("db1", "27018", "MONGODB")),
        ("db1/shop-shard-1/27018/ftdc/metrics.2026-03-02T09-15-01Z-00000", Source("db1", "27018", "FTDC")),
        ("db1/mongodb/27018/ftdc/metrics.interim", Source("db1", "27018", "FTDC")),
        ("db1/mongos/mongos.log", Source("db1", None, "MONGODB")),
        ("db1/27016/mongos/mongos.log", Source("db1", "27016", "MONGODB")),
        ("mongos/27017/mongodb/mongodb.log", Source("mongos", "27017", "MONGODB")),
        ("db1/automation_agent/automation-agent-verbose.log", Source("db1", None, "AUTOMATION_AGENT")),
        ("db1/backup_agent/backup-agent-verbose.log.2026-03-02", Source("db1", None, "BACKUP_AGENT")),
        ("db1/monitoring_agent/monitoring-agent-verbose.log", Source("db1", None, "MONITORING_AGENT")),
        ("db1/automation_agent/backup-agent-verbose.log", Source("db1", None, "BACKUP_AGENT")),
        ("db1/automation_agent/monitoring-agent.log", Source("db1", None, "MONITORING_AGENT")),
        ("db1/backup_agent/something.log", Source("db1", None, "BACKUP_AGENT")),
        ("db1/27017/mongodb", None),
        ("db1/27017/mongodb/", None),
        ("db1/rs/extra/27017/mongodb/mongodb.log", None),
        ("db1/rs/mongodb/mongodb.log", None),
        ("db1/automation_agent", None),
        ("automation_agent/automation-agent.log", None),
        ("./automation_agent/automation-agent.log", None),
        ("/27017/mongodb/mongodb.log", None),
        ("README", None),
        ("", None),
    ],
)
def test_source_of_a_file_is_read_from_its_path(name: str, source: Source | None) -> None:
    """Every documented layout is read. A file in any other place has no source."""
    assert source_of(name) == source
