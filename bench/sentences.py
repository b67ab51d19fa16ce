"""What voices are measured with: plain sentences without figures, so that only the speech is judged."""

from typing import Final

ENGLISH: Final = (
    "The shop opens at nine in the morning.",
    "Please bring your receipt when you return the shoes.",
    "I can move your appointment to Thursday afternoon.",
    "The train to the airport leaves from platform seven.",
    "Your parcel was left with a neighbour yesterday.",
    "Would you like a table by the window?",
    "We do not charge anything for the first visit.",
    "The doctor will call you back before lunch.",
    "My sister plays the violin in a small orchestra.",
    "Turn left at the church and cross the bridge.",
    "The battery should last for about ten hours.",
    "Could you spell your last name for me?",
    "There is a problem with the heating on the third floor.",
    "We have vegetarian soup and fresh bread today.",
    "The museum is closed on Mondays during the winter.",
    "I am sorry, but that size is no longer available.",
    "Press the green button and wait for the light.",
    "Your insurance covers most of the repair.",
    "They walked along the beach until the sun went down.",
    "The password must be at least twelve letters long.",
    "She found an old photograph in the kitchen drawer.",
    "Please keep the door shut because of the cat.",
    "The garden needs water twice a week in summer.",
    "He will meet you at the main entrance.",
    "All our rooms have a view of the lake.",
    "The children built a castle out of cardboard.",
    "Is there anything else that I can help you with?",
    "The new bicycle is lighter than the old one.",
    "We will send you the contract by email.",
    "It rained all night, but the morning was clear.",
    "The mechanic changed the oil and checked the brakes.",
    "You can pay by card or by bank transfer.",
    "The concert was better than anyone had expected.",
    "Please hold the line while I look for your order.",
    "Half of the apples were eaten by the birds.",
    "The bus stops in front of the library.",
    "Nobody knows why the clock stopped working.",
    "You should drink a glass of water every morning.",
    "The manager is on holiday until next Friday.",
    "Fresh coffee is waiting for you upstairs.",
    "I would rather travel by ship than by plane.",
    "The teacher wrote three questions on the board.",
    "Our warehouse ships every order within two days.",
    "Someone left a brown umbrella under the chair.",
    "The river is too cold for swimming in April.",
    "Thank you for calling, and have a pleasant evening.",
    "The carpenter measured the shelf before he cut the wood.",
    "Their daughter wants to study medicine in London.",
    "Take one tablet with food after breakfast.",
    "The music stopped and everyone began to clap.",
)

# By primary tag; the first is what a voice's sample says.
OTHERS: Final = {
    "es": (
        "Hola, gracias por llamar. ¿En qué puedo ayudarle?",
        "La tienda abre a las nueve de la mañana.",
        "El tren sale del andén número cuatro.",
        "Mi hermana toca el violín en una orquesta.",
        "Puede pagar con tarjeta o por transferencia.",
        "El museo está cerrado los lunes en invierno.",
    ),
    "fr": (
        "Bonjour, merci de votre appel. Comment puis-je vous aider ?",
        "Le magasin ouvre à neuf heures du matin.",
        "Le train part du quai numéro quatre.",
        "Ma sœur joue du violon dans un orchestre.",
        "Vous pouvez payer par carte ou par virement.",
        "Le musée est fermé le lundi en hiver.",
    ),
    "hi": (
        "नमस्ते, फ़ोन करने के लिए धन्यवाद। मैं आपकी क्या मदद कर सकती हूँ?",
        "दुकान सुबह नौ बजे खुलती है।",
        "गाड़ी स्टेशन से शाम को निकलती है।",
        "मेरी बहन संगीत सीखती है।",
        "आप कार्ड से भुगतान कर सकते हैं।",
        "आज मौसम बहुत अच्छा है।",
    ),
    "it": (
        "Buongiorno, grazie per la chiamata. Come posso aiutarla?",
        "Il negozio apre alle nove di mattina.",
        "Il treno parte dal binario numero quattro.",
        "Mia sorella suona il violino in un'orchestra.",
        "Può pagare con la carta o con un bonifico.",
        "Il museo è chiuso il lunedì in inverno.",
    ),
    "ja": (
        "お電話ありがとうございます。ご用件をお聞かせください。",
        "お店は朝の九時に開きます。",
        "電車は四番線から出発します。",
        "妹はオーケストラでバイオリンを弾いています。",
        "お支払いはカードでもできます。",
        "今日はとても天気がいいですね。",
    ),
    "pt": (
        "Olá, obrigado por ligar. Como posso ajudar?",
        "A loja abre às nove horas da manhã.",
        "O trem sai da plataforma número quatro.",
        "Minha irmã toca violino em uma orquestra.",
        "Você pode pagar com cartão ou por transferência.",
        "O museu fica fechado às segundas no inverno.",
    ),
    "zh": (
        "您好，感谢您的来电。请问有什么可以帮您？",
        "商店早上九点开门。",
        "火车从四号站台出发。",
        "我的妹妹在乐团里拉小提琴。",
        "您可以用银行卡付款。",
        "今天的天气非常好。",
    ),
}


def sentences(language: str) -> tuple[str, ...]:
    """What a voice of that BCP-47 tag is measured with."""
    primary = language.split("-")[0]
    return ENGLISH if primary == "en" else OTHERS[primary]


def greeting(language: str) -> str:
    """What a voice of that BCP-47 tag says in its sample."""
    primary = language.split("-")[0]
    return "Hello, thank you for calling. How can I help you?" if primary == "en" else OTHERS[primary][0]
