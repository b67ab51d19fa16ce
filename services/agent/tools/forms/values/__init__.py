"""Turns what a caller says into the value of a form's field.

`understand` chooses by the field's type: `dates`, `clock`, `numbers`, `emails`, `phones`, `codes`, `choices`,
`consent`. `corrections` changes an earlier value. `words` has the words of each language, from `languages/*.toml`.
Every value passes the server's own check of submitted forms. What is not understood becomes a problem, never a guess.
"""

from services.agent.tools.forms.values.corrections import corrected
from services.agent.tools.forms.values.result import Context, Understood
from services.agent.tools.forms.values.understand import understood

__all__ = ["Context", "Understood", "corrected", "understood"]
