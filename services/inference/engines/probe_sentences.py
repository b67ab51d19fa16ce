"""Sentences of about 3 s that voices speak so that they can be compared, by language tag."""

from typing import Final

# The search for a mix uses the first sentence. The second, which the search does not use, verifies the result.
PROBES: Final[dict[str, tuple[str, str]]] = {
    "en-US": (
        "We were away a year ago, and nobody told me about the weather.",
        "Please call Stella and ask her to bring these things from the store.",
    ),
    "en-GB": (
        "We were away a year ago, and nobody told me about the weather.",
        "Please call Stella and ask her to bring these things from the store.",
    ),
    "es": (
        "Mañana por la mañana voy a comprar pan y fruta en el mercado.",
        "Nadie me dijo que el tren llegaba tan tarde a la ciudad.",
    ),
    "fr": (
        "Demain matin je vais acheter du pain et des fruits au marché.",
        "Personne ne m'a dit que le train arrivait si tard en ville.",
    ),
    "hi": (
        "कल सुबह मैं बाज़ार से रोटी और फल खरीदने जाऊँगा।",
        "किसी ने मुझे नहीं बताया कि गाड़ी इतनी देर से आएगी।",
    ),
    "it": (
        "Domani mattina vado al mercato a comprare il pane e la frutta.",
        "Nessuno mi ha detto che il treno arrivava così tardi in città.",
    ),
    "ja": (
        "明日の朝、市場へパンと果物を買いに行きます。",
        "電車がこんなに遅れるとは、誰も教えてくれませんでした。",
    ),
    "pt-BR": (
        "Amanhã de manhã vou comprar pão e frutas no mercado.",
        "Ninguém me disse que o trem chegava tão tarde na cidade.",
    ),
    "zh": (
        "明天早上我要去市场买面包和水果，然后回家。",
        "没有人告诉我火车会这么晚才到这座城市。",
    ),
}
