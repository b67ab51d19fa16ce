"""The fields of a character (contract 2.2, 4, 7 and 14.5): types, limits, defaults, descriptions and examples.

The characters service validates by these models on write. The gateway makes its OpenAPI schemas from them.
"""
