"""What is a field? Its type, bounds, default, vendor name, policy and description.

Each fact about a field is written here once. Check, plan, request body and reference tables are derived from it. This
room knows neither HTTP nor an engine.
"""
