"""Questions that measured callers ask."""

TEXTS = (
    "Are you open today?",
    "What time do you open on Saturday?",
    "Do you sell desk lamps, or only lamps for the ceiling?",
    "How long does delivery take?",
    "If I order a lamp this evening, when will it arrive at my house?",
    "Can I return it?",
    "I bought a lamp last week, but the switch is broken, so what should I do now?",
    "Where is your shop?",
    "Well, my sister told me about your shop, and I would like to visit you on Sunday, if you are open.",
    "Do you repair old lamps, and how much does that cost?",
    "Thank you, that is good to know.",
    "Is there a phone number that I can call, please?",
)
