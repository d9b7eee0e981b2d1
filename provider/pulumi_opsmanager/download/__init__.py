"""How do bytes become a verified archive? Knows the byte stream and the parts of a job; no Pulumi, no schema."""
