"""Cases of Markdown."""

from collections.abc import Sequence

from tests.document_cases.case import Case


def _case(
    why: str,
    name: str,
    text: str,
    has: Sequence[str] = (),
    lacks: Sequence[str] = (),
    order: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Case:
    return Case(why, f"{name}.md", text.encode(), has, lacks, order, notes)


CASES = [
    _case(
        "an item with items below it keeps its own text",
        "nested",
        "- Kettle\n  - descale monthly\n- Toaster\n  1. unplug\n  2. shake\n",
        order=["- Kettle", "  - descale monthly", "- Toaster", "  1. unplug", "  2. shake"],
    ),
    _case("four levels", "deep", "- one\n  - two\n    - three\n      - four\n", order=["one", "two", "three", "four"]),
    _case(
        "second paragraph of an item",
        "loose",
        "1. Unplug the kettle.\n\n   Wait a minute.\n\n2. Open the lid.\n",
        lacks=["kettle.Wait"],
        order=["1. Unplug the kettle.", "Wait a minute.", "2. Open the lid."],
    ),
    _case(
        "code in an item stays there",
        "code",
        "1. Run this\n\n   ```\n   make run\n     twice\n   ```\n\n2. Wait\n",
        order=["Run this", "make run", "  twice", "Wait"],
    ),
    _case(
        "a table, a quotation and a heading in an item",
        "in-items",
        "- Prices:\n\n  | Zone | Day |\n  |---|---|\n  | A | 7 |\n\n  > Ask us.\n\n  ## Notes\n\n  Done.\n- Next\n",
        order=["Prices:", "| Zone | Day |\n", "| A | 7 |", "Ask us.", "Notes", "Done.", "Next"],
    ),
    _case(
        "HTML inside Markdown is read",
        "html",
        "Intro.\n\n<p>The fee is 12 euro.</p>\n\n<details><summary>Can I get a refund?</summary>\n\nYes, within 14 "
        "days.\n\n"
        "</details>\n\n<table>\n<tr><td>Zone A</td><td>2.50</td></tr>\n</table>\n\n<!-- ask Bob -->\n",
        has=["The fee is 12 euro.", "| Zone A | 2.50 |"],
        lacks=["<p>", "ask Bob"],
        order=["Can I get a refund?", "Yes, within 14 days."],
    ),
    _case(
        "HTML inside a sentence",
        "inline-html",
        "Press <kbd>F5</kbd> or <b>re</b>load<br>then H<sub>2</sub>O, 20 m<sup>2</sup> and <!-- no --> a < b.\n",
        has=["Press F5 or reload", "H₂O", "20 m²", "a < b."],
        lacks=["reloadthen", "<kbd>", "no"],
    ),
    _case(
        "a line break in a cell keeps words apart",
        "break",
        "| Day | Hours |\n|---|---|\n| Mo | 9-12<br>13-17 |\n| Tu | 9 \\| 10 |\n",
        lacks=["9-1213-17"],
        order=["| Day | Hours |\n| --- | --- |\n| Mo | 9-12", "13-17 |"],
    ),
    _case(
        "front matter of YAML is left out or readable",
        "front",
        "---\ntitle: Opening hours\ntags: [shop, hours]\ndraft: true\nnested:\n  a: x\n---\n\n# Hours\n\nWe open "
        "at ten.\n",
        has=["We open at ten."],
        lacks=["Sequence [", 'String("', "Bool(", "Mapping {"],
        notes=["front matter"],
    ),
    _case(
        "front matter of TOML likewise",
        "front-toml",
        "+++\ntitle = 'Hours'\n+++\n\nWe open at ten.\n",
        has=["We open at ten."],
        lacks=["+++"],
        notes=["front matter"],
    ),
    _case(
        "a rule at the beginning begins no front matter",
        "rule",
        "---\n\nFirst words.\n\n---\n\nSecond words.\n",
        order=["First words.", "Second words."],
    ),
    _case(
        "a note stands with its sentence",
        "notes",
        "Delivery is free[^1].\n\nReturns cost 4 euro[^2].\n\n[^1]: Above 35 euro.\n[^2]: Except for defects.\n"
        "[^3]: Unused.\n",
        order=["Delivery is free", "Above 35 euro.", "Returns cost 4 euro", "Except for defects.", "Unused."],
    ),
    _case(
        "the text of links and pictures, an address that stands alone",
        "links",
        'See [our **rates**](https://shop.example/rates "Rates"), <https://shop.example/a_b>, ![the map](m.png) '
        "and [here][1].\n\n[1]: https://shop.example/x\n",
        has=["our rates", "https://shop.example/a_b", "the map", "here"],
        lacks=["**", "m.png"],
    ),
    _case(
        "signs that mean nothing stay as they are",
        "signs",
        "A\\*B costs 2 * 3 = 6 and snake_case_name, un*believ*able, 5 &euro; &amp; ~~old~~ new, $x^2$.\n",
        has=["A*B costs 2 * 3 = 6", "snake_case_name", "unbelievable", "5 € &", "new", "x^2"],
    ),
    _case(
        "headings of both kinds begin sections, one in code does not",
        "headings",
        "Returns\n=======\n\nIn 30 days.\n\nShops\n-----\n\nAll. ##\n\n```sh\n# comment\n```\n\n### Last ###\n\nEnd.\n",
        order=["Returns\n", "In 30 days.", "Shops\n", "All. ##", "# comment", "Last\n", "End."],
        lacks=["====", "----", "###"],
    ),
    _case(
        "tasks and terms",
        "tasks",
        "- [x] unplug\n- [ ] wait\n\nKettle\n: boils water\n",
        order=["unplug", "wait", "Kettle", "boils water"],
    ),
    _case(
        "a quotation with a list",
        "quotation",
        "> Rules:\n>\n> - be kind\n>   - always\n>\n> Thanks.\n",
        order=["Rules:", "- be kind", "  - always", "Thanks."],
        lacks=["kindThanks", ">"],
    ),
    _case(
        "a soft line break is a blank",
        "wrapped",
        "one\ntwo  \nthree\\\nfour\n",
        lacks=["onetwo", "twothree", "threefour"],
    ),
    _case(
        "numbers of a list that does not begin at one", "start", "7. seven\n8. eight\n", has=["7. seven", "8. eight"]
    ),
]
