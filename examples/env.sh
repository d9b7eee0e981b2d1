# Settings of a Pulumi project and of the command `pulumi-opsmanager`, for a POSIX shell.
#
# Copy this file into your project's folder and edit the copy. It contains keys: run `chmod 600 env.sh`, and add the line
# `env.sh` to .gitignore. In each new shell run `. ./env.sh` in that folder. It prints nothing.

# Where Pulumi keeps the state, and the passphrase that encrypts the secrets in it. Without the passphrase nobody can
# use the state. With Pulumi Cloud, set PULUMI_ACCESS_TOKEN instead of both.
export PULUMI_BACKEND_URL="file://$PWD"
export PULUMI_CONFIG_PASSPHRASE='choose-one'

# Server, project and API key. Keep the single quotes: they protect every character but the single quote.
export OPSMANAGER_BASE_URL='https://om.example.net:8443'
export OPSMANAGER_PROJECT_ID='66f2a41b9d3c5e0012ab34cd'
export OPSMANAGER_PUBLIC_KEY='qwertyui'
export OPSMANAGER_PRIVATE_KEY='01234567-89ab-cdef-0123-456789abcdef'

# A private CA: a PEM file of its certificates.
# export OPSMANAGER_CA_FILE='/etc/ssl/om-ca.pem'
