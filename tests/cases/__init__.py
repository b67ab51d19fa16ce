"""Cases in JSON that tests in more than one language read."""
