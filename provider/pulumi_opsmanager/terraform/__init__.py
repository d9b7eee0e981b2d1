"""The provider for Terraform and OpenTofu. It serves the kinds of `lifecycle.kinds` over plugin protocol 6.

This package knows the protocol. All rules are in `lifecycle`.
"""
