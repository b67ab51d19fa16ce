"""The definition of a character: validation, versions and their differences."""
