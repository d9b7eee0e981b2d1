"""What happens on check, diff, create, read, update and delete? The rules, free of any engine.

Values come and go as bags (by vendor name) with our own `UNKNOWN`; time and the server come with the `Session`;
what people should know goes to a `Reporter`. A second engine is one more adapter over these functions.
"""
