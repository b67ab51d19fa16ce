"""What a character can do in a call: each kind of tool, and the belt that runs them."""
