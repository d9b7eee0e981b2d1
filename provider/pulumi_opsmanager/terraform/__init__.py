"""The provider for Terraform and OpenTofu: the rows of `lifecycle.kinds` over plugin protocol 6.

It knows the protocol, and has no rule of its own.
"""
