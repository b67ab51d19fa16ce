"""Events that workers report of their calls: checked, stored and added up."""
