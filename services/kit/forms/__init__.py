"""Forms (contract 5, 14.6 and 14.12).

`definition` validates forms on write, `answers` validates submitted values by a stored form, `naming` has the names of
a form's tool, topics and types. Plain values in, plain values out.
"""
