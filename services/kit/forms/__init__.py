"""Forms (contract 5, 14.6 and 14.12): what a definition may say, what an answer must be, and what both are called.

`definition` judges forms on write, `answers` judges values by a form as it is stored, `names` has a form's tool, topics
and types. Plain values in, plain values out.
"""
