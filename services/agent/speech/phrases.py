"""Texts of the fixed lines, in the languages that have them."""

from enum import StrEnum


class Line(StrEnum):
    """A fixed line, named after its occasion."""

    FILLER = "filler"
    LOOKING_UP = "looking_up"
    STILL_BUSY = "still_busy"
    ONE_MORE_SECOND = "one_more_second"
    TROUBLE = "trouble"
    TIME_IS_UP = "time_is_up"
    STILL_THERE = "still_there"


ENGLISH = "en"
PHRASES: dict[str, dict[Line, str]] = {
    ENGLISH: {
        Line.FILLER: "One moment, please.",
        Line.LOOKING_UP: "Let me look that up.",
        Line.STILL_BUSY: "I'm still on it, just a little longer.",
        Line.ONE_MORE_SECOND: "One more second.",
        Line.TROUBLE: "Sorry, something went wrong on my side. Could you say that again?",
        Line.TIME_IS_UP: "I'm sorry, our time is up. Goodbye.",
        Line.STILL_THERE: "I haven't heard anything for a while, so I'll hang up now. Goodbye.",
    },
    "es": {
        Line.FILLER: "Un momento, por favor.",
        Line.LOOKING_UP: "Déjeme buscarlo.",
        Line.STILL_BUSY: "Sigo en ello, solo un poco más.",
        Line.ONE_MORE_SECOND: "Un segundo más.",
        Line.TROUBLE: "Perdón, algo ha fallado por mi parte. ¿Puede repetirlo?",
        Line.TIME_IS_UP: "Lo siento, se nos ha acabado el tiempo. Adiós.",
        Line.STILL_THERE: "Hace un rato que no oigo nada, así que voy a colgar. Adiós.",
    },
    "fr": {
        Line.FILLER: "Un instant, s'il vous plaît.",
        Line.LOOKING_UP: "Laissez-moi vérifier cela.",
        Line.STILL_BUSY: "Je suis toujours dessus, encore un instant.",
        Line.ONE_MORE_SECOND: "Encore une seconde.",
        Line.TROUBLE: "Désolé, il y a eu un problème de mon côté. Pouvez-vous répéter ?",
        Line.TIME_IS_UP: "Je suis désolé, notre temps est écoulé. Au revoir.",
        Line.STILL_THERE: "Je n'entends plus rien depuis un moment, je vais donc raccrocher. Au revoir.",
    },
    "hi": {
        Line.FILLER: "कृपया एक क्षण रुकिए।",
        Line.LOOKING_UP: "मैं अभी देखती हूँ।",
        Line.STILL_BUSY: "मैं अब भी देख रही हूँ, बस थोड़ा और समय।",
        Line.ONE_MORE_SECOND: "बस एक पल और।",
        Line.TROUBLE: "माफ़ कीजिए, मेरी तरफ़ से कुछ गड़बड़ हो गई। क्या आप फिर से कहेंगे?",
        Line.TIME_IS_UP: "माफ़ कीजिए, हमारा समय समाप्त हो गया है। नमस्ते।",
        Line.STILL_THERE: "मुझे कुछ देर से कुछ सुनाई नहीं दिया, इसलिए मैं अब फ़ोन रखती हूँ। नमस्ते।",
    },
    "it": {
        Line.FILLER: "Un momento, per favore.",
        Line.LOOKING_UP: "Mi lasci controllare.",
        Line.STILL_BUSY: "Ci sto ancora lavorando, solo un attimo.",
        Line.ONE_MORE_SECOND: "Ancora un secondo.",
        Line.TROUBLE: "Mi scusi, c'è stato un problema da parte mia. Può ripetere?",
        Line.TIME_IS_UP: "Mi dispiace, il nostro tempo è finito. Arrivederci.",
        Line.STILL_THERE: "Non sento nulla da un po', quindi ora riattacco. Arrivederci.",
    },
    "ja": {
        Line.FILLER: "少々お待ちください。",
        Line.LOOKING_UP: "お調べいたします。",
        Line.STILL_BUSY: "まだ確認しております、もう少々お待ちください。",
        Line.ONE_MORE_SECOND: "あと少しだけお待ちください。",
        Line.TROUBLE: "申し訳ありません、こちらで問題が起きました。もう一度おっしゃっていただけますか。",
        Line.TIME_IS_UP: "申し訳ありませんが、お時間になりました。失礼いたします。",
        Line.STILL_THERE: "しばらくお声が聞こえませんので、お電話を切らせていただきます。失礼いたします。",
    },
    "pt": {
        Line.FILLER: "Um momento, por favor.",
        Line.LOOKING_UP: "Deixe-me verificar.",
        Line.STILL_BUSY: "Ainda estou a tratar disso, só mais um pouco.",
        Line.ONE_MORE_SECOND: "Só mais um segundo.",
        Line.TROUBLE: "Desculpe, houve um problema do meu lado. Pode repetir?",
        Line.TIME_IS_UP: "Sinto muito, o nosso tempo acabou. Até logo.",
        Line.STILL_THERE: "Não ouço nada há algum tempo, por isso vou desligar. Até logo.",
    },
    "zh": {
        Line.FILLER: "请稍等。",
        Line.LOOKING_UP: "我来查一下。",
        Line.STILL_BUSY: "我还在查，请再等一下。",
        Line.ONE_MORE_SECOND: "再等一秒钟。",
        Line.TROUBLE: "抱歉，我这边出了点问题。您能再说一遍吗？",
        Line.TIME_IS_UP: "抱歉，我们的时间到了。再见。",
        Line.STILL_THERE: "我有一会儿没有听到声音了，所以先挂断了。再见。",
    },
}
