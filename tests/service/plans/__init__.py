"""Parts of `test_query_plans`: busy tables, calls of every function that sends statements, plans and their faults."""
