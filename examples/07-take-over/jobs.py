"""Empty until `pulumi-opsmanager import-file --overwrite` writes the declarations of the jobs here."""
