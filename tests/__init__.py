"""Tests on the real parts; a folder for each kind."""
