"""The languages beside English that the voices speak."""

from typing import Final

from services.inference.speaking.addresses import Signs
from services.inference.speaking.language import Currency, Language

_SPANISH: Final = Language(
    signs=Signs("arroba", "punto", "guion", "guion bajo", "más", "barra", "etiqueta"),
    decimal=",", grouping=".",
    months=tuple("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()),
    date="{day} de {month} de {year}", first_day="primero",
    time="{h} y {m}", hour="{h} horas", money="{units} con {n} {cents}", percent="{n} por ciento",
    to=" a ", minus="menos ", plus="más", equals="igual a", ampersand="y",
    currencies={
        "€": Currency("un euro", "euros", "céntimos"), "EUR": Currency("un euro", "euros", "céntimos"),
        "US$": Currency("un dólar", "dólares", "centavos"), "USD": Currency("un dólar", "dólares", "centavos"),
        "$": Currency("un dólar", "dólares", "centavos"), "£": Currency("una libra", "libras", "peniques"),
        "MXN": Currency("un peso", "pesos", "centavos"), "¥": Currency("un yen", "yenes"),
    },
    units={
        "km/h": ("un kilómetro por hora", "kilómetros por hora"), "km": ("un kilómetro", "kilómetros"),
        "m²": ("un metro cuadrado", "metros cuadrados"), "m": ("un metro", "metros"), "cm": ("un centímetro", "centímetros"),
        "mm": ("un milímetro", "milímetros"), "kg": ("un kilo", "kilos"), "g": ("un gramo", "gramos"),
        "mg": ("un miligramo", "miligramos"), "l": ("un litro", "litros"), "L": ("un litro", "litros"),
        "ml": ("un mililitro", "mililitros"), "°C": ("un grado", "grados Celsius"), "°F": ("un grado Fahrenheit", "grados Fahrenheit"),
        "°": ("un grado", "grados"), "GB": ("un gigabyte", "gigabytes"), "MB": ("un megabyte", "megabytes"),
        "min": ("un minuto", "minutos"), "kWh": ("un kilovatio hora", "kilovatios hora"),
    },
    shorthand={
        "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Dr.": "doctor", "Dra.": "doctora", "Ud.": "usted",
        "Uds.": "ustedes", "p. ej.": "por ejemplo", "etc.": "etcétera", "n.º": "número", "nº": "número", "Nº": "número", "N.º": "número",
        "núm.": "número", "tel.": "teléfono", "Tel.": "teléfono", "Avda.": "avenida", "Av.": "avenida", "C/": "calle",
        "EE. UU.": "Estados Unidos", "EE.UU.": "Estados Unidos", "a. m.": "de la mañana", "a.m.": "de la mañana", "p. m.": "de la tarde",
        "p.m.": "de la tarde", "1.º": "primero", "1.ª": "primera", "2.º": "segundo", "2.ª": "segunda", "3.º": "tercero",
        "3.ª": "tercera", "aprox.": "aproximadamente", "pág.": "página",
    },
    fractions={"1/2": "un medio", "1/3": "un tercio", "2/3": "dos tercios", "1/4": "un cuarto", "3/4": "tres cuartos"},
    scales="mil millones|millones|millón", scale_link=" de ", one_hour="1",
)  # fmt: skip

_FRENCH: Final = Language(
    signs=Signs("arobase", "point", "tiret", "tiret bas", "plus", "barre oblique", "hashtag"),
    decimal=",", grouping=".",
    months=tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()),
    date="{day} {month} {year}", first_day="premier",
    time="{hours} {m}", hour="{h} heures", one_hour="une heure", money="{units} {n}", percent="{n} pour cent",
    to=" à ", minus="moins ", plus="plus", equals="égale", ampersand="et",
    currencies={
        "€": Currency("un euro", "euros", "centimes"), "EUR": Currency("un euro", "euros", "centimes"),
        "$": Currency("un dollar", "dollars", "cents"), "USD": Currency("un dollar", "dollars", "cents"),
        "£": Currency("une livre", "livres", "pence"), "CHF": Currency("un franc suisse", "francs suisses", "centimes"),
        "¥": Currency("un yen", "yens"),
    },
    units={
        "km/h": ("un kilomètre heure", "kilomètres heure"), "km": ("un kilomètre", "kilomètres"), "m²": ("un mètre carré", "mètres carrés"),
        "m": ("un mètre", "mètres"), "cm": ("un centimètre", "centimètres"), "mm": ("un millimètre", "millimètres"),
        "kg": ("un kilo", "kilos"), "g": ("un gramme", "grammes"), "mg": ("un milligramme", "milligrammes"),
        "l": ("un litre", "litres"), "L": ("un litre", "litres"), "ml": ("un millilitre", "millilitres"),
        "°C": ("un degré", "degrés"), "°F": ("un degré Fahrenheit", "degrés Fahrenheit"), "°": ("un degré", "degrés"),
        "Go": ("un gigaoctet", "gigaoctets"), "Mo": ("un mégaoctet", "mégaoctets"), "min": ("une minute", "minutes"),
        "kWh": ("un kilowattheure", "kilowattheures"),
    },
    shorthand={
        "M.": "monsieur", "Mme": "madame", "Mlle": "mademoiselle", "Dr": "docteur", "p. ex.": "par exemple", "etc.": "et cetera",
        "c.-à-d.": "c'est-à-dire", "n°": "numéro", "N°": "numéro", "tél.": "téléphone", "Tél.": "téléphone", "av.": "avenue",
        "bd": "boulevard", "env.": "environ", "1er": "premier", "1re": "première", "1ère": "première", "2e": "deuxième",
        "2ème": "deuxième", "3e": "troisième", "3ème": "troisième", "St": "saint", "Ste": "sainte", "rdv": "rendez-vous",
        "RDV": "rendez-vous", "svp": "s'il vous plaît", "SVP": "s'il vous plaît",
    },
    fractions={"1/2": "un demi", "1/3": "un tiers", "2/3": "deux tiers", "1/4": "un quart", "3/4": "trois quarts"},
    scales="millions|million|milliards|milliard", scale_link=" de ", pairs=True,
)  # fmt: skip

_ITALIAN: Final = Language(
    signs=Signs("chiocciola", "punto", "trattino", "trattino basso", "più", "barra", "hashtag"),
    decimal=",", grouping=".",
    months=tuple("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()),
    date="{day} {month} {year}", first_day="primo",
    time="{h} e {m}", hour="{h}", money="{units} e {n} {cents}", percent="{n} per cento",
    to=" a ", minus="meno ", plus="più", equals="uguale a", ampersand="e",
    currencies={
        "€": Currency("un euro", "euro", "centesimi"), "EUR": Currency("un euro", "euro", "centesimi"),
        "$": Currency("un dollaro", "dollari", "centesimi"), "USD": Currency("un dollaro", "dollari", "centesimi"),
        "£": Currency("una sterlina", "sterline", "pence"), "CHF": Currency("un franco svizzero", "franchi svizzeri", "centesimi"),
        "¥": Currency("uno yen", "yen"),
    },
    units={
        "km/h": ("un chilometro orario", "chilometri orari"), "km": ("un chilometro", "chilometri"), "m²": ("un metro quadrato", "metri quadrati"),
        "mq": ("un metro quadrato", "metri quadrati"), "m": ("un metro", "metri"), "cm": ("un centimetro", "centimetri"),
        "mm": ("un millimetro", "millimetri"), "kg": ("un chilo", "chili"), "g": ("un grammo", "grammi"), "mg": ("un milligrammo", "milligrammi"),
        "l": ("un litro", "litri"), "L": ("un litro", "litri"), "ml": ("un millilitro", "millilitri"), "°C": ("un grado", "gradi"),
        "°F": ("un grado Fahrenheit", "gradi Fahrenheit"), "°": ("un grado", "gradi"), "GB": ("un gigabyte", "gigabyte"),
        "MB": ("un megabyte", "megabyte"), "min": ("un minuto", "minuti"), "kWh": ("un chilowattora", "chilowattora"),
    },
    shorthand={
        "Sig.": "signor", "Sig.ra": "signora", "Sig.na": "signorina", "Dott.": "dottor", "Dott.ssa": "dottoressa", "Prof.": "professor",
        "Avv.": "avvocato", "Ing.": "ingegner", "ecc.": "eccetera", "es.": "esempio", "n.": "numero", "n°": "numero", "N.": "numero",
        "tel.": "telefono", "Tel.": "telefono", "p.zza": "piazza", "P.zza": "piazza", "v.le": "viale", "pag.": "pagina",
        "ca.": "circa", "1°": "primo", "1º": "primo", "1ª": "prima", "2°": "secondo", "2º": "secondo", "2ª": "seconda", "3°": "terzo", "3º": "terzo",
    },
    fractions={"1/2": "un mezzo", "1/3": "un terzo", "2/3": "due terzi", "1/4": "un quarto", "3/4": "tre quarti"},
    scales="milioni|milione|miliardi|miliardo", scale_link=" di ",
)  # fmt: skip

_PORTUGUESE: Final = Language(
    signs=Signs("arroba", "ponto", "hífen", "sublinhado", "mais", "barra", "hashtag"),
    decimal=",", grouping=".",
    months=tuple("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()),
    date="{day} de {month} de {year}", first_day="primeiro",
    time="{h} e {m}", hour="{h} horas", money="{units} e {n} {cents}", percent="{n} por cento",
    to=" a ", minus="menos ", plus="mais", equals="igual a", ampersand="e",
    currencies={
        "R$": Currency("um real", "reais", "centavos"), "BRL": Currency("um real", "reais", "centavos"),
        "€": Currency("um euro", "euros", "cêntimos"), "EUR": Currency("um euro", "euros", "cêntimos"),
        "US$": Currency("um dólar", "dólares", "centavos"), "USD": Currency("um dólar", "dólares", "centavos"),
        "$": Currency("um dólar", "dólares", "centavos"), "£": Currency("uma libra", "libras", "pence"), "¥": Currency("um iene", "ienes"),
    },
    units={
        "km/h": ("um quilômetro por hora", "quilômetros por hora"), "km": ("um quilômetro", "quilômetros"),
        "m²": ("um metro quadrado", "metros quadrados"), "m": ("um metro", "metros"), "cm": ("um centímetro", "centímetros"),
        "mm": ("um milímetro", "milímetros"), "kg": ("um quilo", "quilos"), "g": ("um grama", "gramas"), "mg": ("um miligrama", "miligramas"),
        "l": ("um litro", "litros"), "L": ("um litro", "litros"), "ml": ("um mililitro", "mililitros"), "°C": ("um grau", "graus"),
        "°F": ("um grau Fahrenheit", "graus Fahrenheit"), "°": ("um grau", "graus"), "GB": ("um gigabyte", "gigabytes"),
        "MB": ("um megabyte", "megabytes"), "min": ("um minuto", "minutos"), "kWh": ("um quilowatt-hora", "quilowatts-hora"),
    },
    shorthand={
        "Sr.": "senhor", "Sra.": "senhora", "Srta.": "senhorita", "Dr.": "doutor", "Dra.": "doutora", "p. ex.": "por exemplo", "etc.": "etcétera",
        "n.º": "número", "nº": "número", "Nº": "número", "tel.": "telefone", "Tel.": "telefone", "Av.": "avenida",
        "1º": "primeiro", "1ª": "primeira", "2º": "segundo", "2ª": "segunda", "3º": "terceiro", "3ª": "terceira", "pág.": "página",
        "vc": "você", "EUA": "Estados Unidos",
    },
    fractions={"1/2": "meio", "1/3": "um terço", "2/3": "dois terços", "1/4": "um quarto", "3/4": "três quartos"},
    scales="milhões|milhão|bilhões|bilhão|mil", scale_link=" de ", one_hour="1 hora",
)  # fmt: skip

_HINDI: Final = Language(
    signs=Signs("ऐट", "डॉट", "डैश", "अंडरस्कोर", "प्लस", "स्लैश", "हैशटैग"),
    decimal=".", grouping=",",
    months=tuple("जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर".split()),
    date="{day} {month} {year}", time="{h} बजकर {m} मिनट", hour="{h} बजे", money="{units} {n} {cents}", percent="{n} प्रतिशत",
    to=" से ", minus="माइनस ", plus="प्लस", equals="बराबर", ampersand="और",
    currencies={
        "₹": Currency("एक रुपया", "रुपये", "पैसे"), "Rs.": Currency("एक रुपया", "रुपये", "पैसे"), "रु.": Currency("एक रुपया", "रुपये", "पैसे"),
        "$": Currency("एक डॉलर", "डॉलर", "सेंट"), "€": Currency("एक यूरो", "यूरो", "सेंट"), "£": Currency("एक पाउंड", "पाउंड", "पेंस"),
        "INR": Currency("एक रुपया", "रुपये", "पैसे"),
    },
    units={
        "km/h": ("एक किलोमीटर प्रति घंटा", "किलोमीटर प्रति घंटा"), "km": ("एक किलोमीटर", "किलोमीटर"), "m": ("एक मीटर", "मीटर"), "cm": ("एक सेंटीमीटर", "सेंटीमीटर"),
        "mm": ("एक मिलीमीटर", "मिलीमीटर"), "kg": ("एक किलो", "किलो"), "g": ("एक ग्राम", "ग्राम"), "mg": ("एक मिलीग्राम", "मिलीग्राम"),
        "l": ("एक लीटर", "लीटर"), "L": ("एक लीटर", "लीटर"), "ml": ("एक मिलीलीटर", "मिलीलीटर"), "°C": ("एक डिग्री", "डिग्री सेल्सियस"),
        "°F": ("एक डिग्री फ़ारेनहाइट", "डिग्री फ़ारेनहाइट"), "°": ("एक डिग्री", "डिग्री"), "GB": ("एक जीबी", "जीबी"), "MB": ("एक एमबी", "एमबी"),
        "किमी": ("एक किलोमीटर", "किलोमीटर"), "किग्रा": ("एक किलो", "किलो"), "मी": ("एक मीटर", "मीटर"),
    },
    shorthand={
        "डॉ.": "डॉक्टर", "श्री.": "श्री", "कृ.": "कृपया", "नं.": "नंबर", "क्र.": "क्रमांक", "Dr.": "डॉक्टर", "Mr.": "मिस्टर", "No.": "नंबर",
    },
    fractions={"1/2": "आधा", "1/4": "एक चौथाई", "3/4": "तीन चौथाई", "1/3": "एक तिहाई", "2/3": "दो तिहाई"},
    scales="लाख|करोड़|हज़ार|हजार",
)  # fmt: skip

_JAPANESE: Final = Language(
    signs=Signs("アットマーク", "ドット", "ハイフン", "アンダーバー", "プラス", "スラッシュ", "ハッシュタグ"),
    decimal=".", grouping=",", months=(), date="{year}年{month}月{day}日",
    time="{h}時{m}分", hour="{h}時", money="{units}{n}{cents}", percent="{n}パーセント",
    to="から", minus="マイナス", plus="プラス", equals="イコール", ampersand="アンド",
    currencies={
        "¥": Currency("1円", "円"), "円": Currency("1円", "円"), "JPY": Currency("1円", "円"), "$": Currency("1ドル", "ドル", "セント"),
        "USD": Currency("1ドル", "ドル", "セント"), "€": Currency("1ユーロ", "ユーロ", "セント"), "£": Currency("1ポンド", "ポンド", "ペンス"),
    },
    units={
        "km/h": ("時速1キロ", "キロメートル毎時"), "km": ("1キロメートル", "キロメートル"), "m²": ("1平方メートル", "平方メートル"), "m": ("1メートル", "メートル"),
        "cm": ("1センチ", "センチ"), "mm": ("1ミリ", "ミリ"), "kg": ("1キログラム", "キログラム"), "g": ("1グラム", "グラム"), "mg": ("1ミリグラム", "ミリグラム"),
        "L": ("1リットル", "リットル"), "l": ("1リットル", "リットル"), "ml": ("1ミリリットル", "ミリリットル"), "°C": ("1度", "度"), "°F": ("華氏1度", "度"),
        "°": ("1度", "度"), "GB": ("1ギガバイト", "ギガバイト"), "MB": ("1メガバイト", "メガバイト"),
    },
    shorthand={"No.": "ナンバー", "vs": "対", "TEL": "電話", "Tel": "電話"},
    fraction="{below}分の{above}", scales="千|万|億|兆", scale_link="",
    figures=tuple("ゼロ 一 二 三 四 五 六 七 八 九".split()), between="", phone_joint="の",
)  # fmt: skip

_CHINESE: Final = Language(
    signs=Signs("艾特", "点", "杠", "下划线", "加", "斜杠", "话题"),
    decimal=".", grouping=",", months=(), date="{year}年{month}月{day}日",
    time="{h}点{m}分", hour="{h}点", money="{units}{n}{cents}", percent="百分之{n}", zero_minute="零",
    to="到", minus="负", plus="加", equals="等于", ampersand="和",
    currencies={
        "¥": Currency("1元", "元"), "￥": Currency("1元", "元"), "元": Currency("1元", "元"), "RMB": Currency("1元", "元"), "CNY": Currency("1元", "元"),
        "HK$": Currency("1港元", "港元"), "US$": Currency("1美元", "美元"), "$": Currency("1美元", "美元"), "USD": Currency("1美元", "美元"),
        "€": Currency("1欧元", "欧元"), "£": Currency("1英镑", "英镑"),
    },
    units={
        "km/h": ("每小时1公里", "公里每小时"), "km": ("1公里", "公里"), "m²": ("1平方米", "平方米"), "m": ("1米", "米"), "cm": ("1厘米", "厘米"), "mm": ("1毫米", "毫米"),
        "kg": ("1公斤", "公斤"), "g": ("1克", "克"), "mg": ("1毫克", "毫克"), "L": ("1升", "升"), "l": ("1升", "升"), "ml": ("1毫升", "毫升"), "°C": ("1摄氏度", "摄氏度"),
        "°F": ("1华氏度", "华氏度"), "°": ("1度", "度"), "GB": ("1吉字节", "吉字节"), "MB": ("1兆字节", "兆字节"),
    },
    shorthand={"No.": "第", "vs": "对", "TEL": "电话", "Tel": "电话"},
    fraction="{below}分之{above}", scales="千|万|亿", scale_link="",
    figures=tuple("零幺二三四五六七八九"), between="", phone_joint="，",
    counters="个位次件张条只杯瓶天周块本台辆家间份名种", two_of="两",
)  # fmt: skip

# By primary subtag.
LANGUAGES: Final = {
    "es": _SPANISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "hi": _HINDI,
    "ja": _JAPANESE,
    "zh": _CHINESE,
}
