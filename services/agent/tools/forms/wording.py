"""Fixed sentences about forms."""

# What the visitor says with a confirmation that has no text.
_SUBMITTED = {
    "de": "Ich habe das Formular „{title}“ abgeschickt.",
    "en": "I have submitted the form “{title}”.",
    "es": "He enviado el formulario «{title}».",
    "fr": "J’ai envoyé le formulaire « {title} ».",
    "hi": "मैंने फ़ॉर्म “{title}” भेज दिया है।",
    "it": "Ho inviato il modulo «{title}».",
    "ja": "フォーム「{title}」を送信しました。",
    "ko": "‘{title}’ 양식을 제출했습니다.",
    "pt": "Enviei o formulário “{title}”.",
    "zh": "我已提交表单“{title}”。",
}


def submitted(title: str, language: str) -> str:
    """The sentence in a language such as `en` or `pt-BR`; in English if it is not known."""
    return _SUBMITTED.get(language.partition("-")[0].lower(), _SUBMITTED["en"]).format(title=title)


def failed_by_page(form_id: str) -> str:
    """What the model is to say when a page could not submit a form."""
    return (
        f"The visitor's page could not submit the form {form_id}. Say so briefly, name what is wrong if it is known, "
        "and offer to repair it or to try again."
    )


def no_answer_of_page(form_id: str) -> str:
    """What the model is to say when a page did not tell how a submission ended."""
    return (
        f"The visitor's page has not told whether the form {form_id} was submitted. Say that it is not certain, and "
        "ask what the page shows."
    )
