"""Fills a form by voice without the language model, where a character has `guided_forms`.

`questions` chooses what the caller is asked and words it, `meanings` reads what the caller answers, `guide` acts on it.
What is no answer to the question goes to the model, and the question is asked again after the model's answer.
"""
