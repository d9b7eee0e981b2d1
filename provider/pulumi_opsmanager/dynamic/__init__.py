"""How does the Pulumi engine ask, and how is it answered? The only room that speaks to `pulumi.dynamic`.

The dotted paths of the provider classes are public: they are pickled by reference into every stack's state.
"""
