"""How does the Pulumi engine ask, and how is it answered? The only room that answers its calls to a provider.

The dotted paths of the provider classes are public: they are pickled by reference into every stack's state.
"""
