"""Random identifiers, alone or in groups that differ in one word.

`npm run bench -- recall` uses none of these words: do not add words from its list.
"""

from __future__ import annotations

import random

WORDS = (
    "account action active adapter address agent alert align alpha amount anchor angle archive array asset async audit auth "
    "backup badge balance base batch beacon binary block board body border bound branch bridge buffer build bundle button cache "
    "call canvas cap card cart case cell chain channel check child chunk claim class clean client clock clone cluster code color "
    "column commit compact config connect content context control cookie copy core count cover cursor curve cycle data date debug "
    "decay decode default delay delta depth detail device digest disk domain draft drain drift driver edge edit element emit empty "
    "encode entry error event exact expire export extra fetch field filter final fixed flag flow focus force format frame fresh full "
    "gate global grace graph grid group guard handle hash header heap height hidden hint hook host idle image import index inner input "
    "insert item iterator job join kernel key label lane last layer leader leaf lease length level limit line link list load local lock "
    "log loop lower main map margin mask match matrix max media member memory merge message meta method metric min mode model module "
    "monitor mount name native nested network next node noise normal note object offset open option order origin outer output owner "
    "packet page panel parent parse part patch path pattern pause peer phase pivot pixel plan point policy poll pool port prefix price "
    "probe process profile proxy pulse push quality query queue quota radius random range rank rate ratio ready record reduce region "
    "release remote render repeat reply report request reset resource response result retry ring role root rotate round route row rule "
    "sample scale scan schema scope score seed segment sensor server session shade shadow shape share shift signal size slice slot snap "
    "socket source span speed stack stage start state status step stop storage store stream stride string style switch symbol sync table "
    "target task team template text theme thread threshold tick tile time timeout timer title token trace track trail transfer tree "
    "trigger trim tuple type unit update upper usage user value vector version view volume wait watch weight width window worker wrap zone"
).split()
STYLES = ("camel", "upper", "upper", "snake", "pascal")


def styled(parts: list[str], style: str) -> str:
    """Joins the words of a name: camelCase, PascalCase, snake_case or UPPER_CASE."""
    if style == "camel":
        return parts[0] + "".join(p.capitalize() for p in parts[1:])
    if style == "pascal":
        return "".join(p.capitalize() for p in parts)
    return "_".join(parts).upper() if style == "upper" else "_".join(parts)


def invented_word(r: random.Random) -> str:
    return "".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.randint(4, 8)))


def random_words(r: random.Random) -> list[str]:
    """The words of one name."""
    if r.random() < 0.3:
        parts = [invented_word(r)]
        if r.random() < 0.5:
            parts.insert(0, r.choice(WORDS))
    else:
        parts = [r.choice(WORDS) for _ in range(r.choice((2, 2, 3, 3, 4)))]
    if r.random() < 0.15:
        parts.append(str(r.randint(1, 99)))
    return parts


def similar_names(r: random.Random, count: int) -> list[list[str]]:
    """The words of `count` names that differ in one place only: a number, a word, or an invented word."""
    base, form = random_words(r)[:3], r.random()
    at = r.randrange(len(base) + 1)
    if form < 0.4:
        other, at = [str(n) for n in r.sample(range(1, 100), count)], len(base)
    elif form < 0.75:
        other = r.sample(WORDS, count)
    else:
        invented = {invented_word(r) for _ in range(2 * count)}
        other = sorted(invented)[:count]
        r.shuffle(other)
    return [[*base[:at], o, *base[at:]] for o in other]
