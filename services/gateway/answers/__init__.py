"""What an answer looks like: JSON of the contract, errors, files, CSV and event streams."""
