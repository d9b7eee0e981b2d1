"""How do bytes become a verified archive? Knows a job's bytes and parts, but no engine and no schema."""
