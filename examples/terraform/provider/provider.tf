terraform {
  required_providers {
    opsmanager = {
      source  = "opsmanager/opsmanager"
      version = "~> 0.1"
    }
  }
}

# The environment gives the key pair: OPSMANAGER_PUBLIC_KEY and OPSMANAGER_PRIVATE_KEY.
provider "opsmanager" {
  base_url   = "https://om.example.net:8443"
  project_id = "66f2a41b9d3c5e0012ab34cd"
}
