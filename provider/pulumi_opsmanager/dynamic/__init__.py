"""The dynamic providers for Pulumi: they pass the calls of the engine to the rules in `lifecycle`.

The dotted paths of the provider classes are public: the state of every stack has them.
"""
