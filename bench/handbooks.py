"""Made-up handbooks of shops: passages like those of documents, and questions of callers about them."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_THINGS = (
    "city bicycle", "cargo bicycle", "helmet", "rain jacket", "child seat", "electric motor", "battery", "brake disc",
    "carbon frame", "saddle", "pump", "lock", "headlight", "trailer", "winter tyre", "derailleur", "pedal", "chain",
    "coffee machine", "grinder", "espresso cup", "kettle", "water filter", "milk frother", "standing desk", "lamp",
    "office chair", "monitor arm", "keyboard", "webcam", "headset", "router", "phone contract", "data plan", "tent",
    "sleeping bag", "stove", "backpack", "hiking boot", "climbing rope", "dentist appointment", "vaccination",
    "blood test", "eye examination", "hotel room", "breakfast", "parking space", "conference room", "airport shuttle",
    "spa", "train ticket", "seat reservation", "season ticket", "refund voucher", "insurance policy", "damage claim",
)  # fmt: skip
_FACTS = {
    "returns": (
        "A {thing} can be brought back within {n} days if the receipt is shown.",
        "We pay the money for a {thing} back to the card that was used, which takes {n} working days.",
        "A {thing} that was used in the rain cannot be returned without a fee of {n} euro.",
        "For a {thing} bought as a gift we give a voucher of the same value.",
    ),
    "delivery": (
        "A {thing} is sent within {n} working days, and a message with the tracking number follows.",
        "Delivery of a {thing} to an island costs {n} euro more.",
        "Somebody has to sign for a {thing} worth more than {n} hundred euro.",
        "If nobody is at home, the {thing} waits at the parcel shop for {n} days.",
    ),
    "care": (
        "Clean the {thing} every {n} weeks with a soft cloth and lukewarm water.",
        "Never use solvents on a {thing}; they make the surface brittle after {n} months.",
        "A {thing} that squeaks wants a drop of oil, not more.",
        "Keep the {thing} between {n} and thirty degrees.",
    ),
    "guarantee": (
        "The guarantee of a {thing} lasts {n} years from the day it was bought.",
        "Wear of a {thing} is not part of the guarantee.",
        "For a claim about a {thing} we need the serial number and {n} photographs.",
        "Once a {thing} was repaired by somebody else, the guarantee ends.",
    ),
    "booking": (
        "A {thing} can be booked {n} weeks ahead by telephone or on the web.",
        "Whoever cancels a {thing} later than {n} hours before pays half.",
        "To change the time of a {thing}, call between nine and {n}.",
        "For groups of more than {n} people a {thing} has to be asked for in writing.",
    ),
    "price": (
        "The price of a {thing} begins at {n} euro.",
        "Students get {n} per cent off a {thing} with a valid card.",
        "A {thing} can be paid in {n} instalments without interest.",
        "We match the price of a {thing} if another shop in town asks less within {n} days.",
    ),
}
_QUESTIONS = {
    "returns": ("Can I get my money back for the {thing}?", "I want to bring the {thing} back, how long do I have?"),
    "delivery": ("When will my {thing} arrive?", "What does it cost to send a {thing}?"),
    "care": ("How do I clean my {thing}?", "My {thing} makes a noise, what can I do?"),
    "guarantee": ("How long is the guarantee on the {thing}?", "My {thing} is broken, is that covered?"),
    "booking": ("Can I book a {thing} for next week?", "I have to cancel the {thing}, do I pay?"),
    "price": ("How much is a {thing}?", "Is there a discount on the {thing} for students?"),
}


@dataclass(frozen=True, slots=True)
class Sentences:
    """All sentences, by thing and topic."""

    by_section: dict[tuple[str, str], tuple[str, ...]]

    @property
    def all(self) -> list[str]:
        """Each sentence once."""
        return list(itertools.chain.from_iterable(self.by_section.values()))


def sentences(chance: random.Random) -> Sentences:
    """Makes the sentences from which passages are composed."""
    return Sentences(
        {
            (thing, topic): tuple(fact.format(thing=thing, n=chance.randint(2, 30)) for fact in facts for _ in range(4))
            for thing in _THINGS
            for topic, facts in _FACTS.items()
        }
    )


def passages(known: Sentences, count: int, chance: random.Random) -> Iterator[Sequence[str]]:
    """Yields `count` passages: each has four to eight sentences about one thing, mostly on one topic."""
    topics = list(_FACTS)
    for _ in range(count):
        thing, topic = chance.choice(_THINGS), chance.choice(topics)
        own = known.by_section[thing, topic]
        other = known.by_section[thing, chance.choice(topics)]
        yield chance.sample(own, chance.randint(3, 6)) + chance.sample(other, chance.randint(1, 2))


def questions(count: int, chance: random.Random) -> list[str]:
    """`count` questions; a few occur more than once."""
    return [
        chance.choice(_QUESTIONS[topic]).format(thing=chance.choice(_THINGS))
        for topic in chance.choices(list(_QUESTIONS), k=count)
    ]
