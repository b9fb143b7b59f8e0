"""What might be added to a lexicon: phrases, class members, rules of two parts and exclusions, from coded texts.

These are guesses by counting alone; `drafting` tries each.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chna_toolkit.lexicon.model import Exclusion, Lexicon, Origin, Rule
from chna_toolkit.lexicon.phrases import class_names
from chna_toolkit.lexicon_ci.keyness import LIKELY, SURE, Feature, is_usable, log_likelihood, runs
from chna_toolkit.tagging.explain import Bench, Looked
from chna_toolkit.tagging.trying import Trial, gaps, spans

WITHIN = 6  # words between the parts of a rule that is proposed, as where a rule does not say
MOST = 40  # of each kind that are tried for a lesson, the keyest first

Item = Feature | str  # words, or a class with its @
_BARE = re.compile(r"@\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that might be added."""

    kind: str  # "phrase", "member", "rule" or "exclusion"
    lesson: str
    target: str  # id of the rule or exclusion, or name of the class
    place: int  # of a phrase: the part of the rule, from 1; else 0
    items: tuple[Item, ...]
    trial: Trial
    keyness: float
    support: int  # texts that suggested it

    @property
    def written(self) -> tuple[str, ...]:
        """The parts as they are written in a lexicon."""
        return tuple(map(_written, self.items))

    @property
    def words(self) -> list[Feature]:
        """What a text must hold for it to alter anything."""
        return [item for item in self.items if not isinstance(item, str)]


@dataclass(frozen=True)
class Ground:
    """Coded texts, looked up."""

    lexicon: Lexicon
    bench: Bench
    texts: Sequence[Looked]
    features: Mapping[Feature, Collection[int]]  # the texts that have it
    of: Sequence[set[Feature]]  # by text
    least: int  # texts that must suggest something
    common: frozenset[str]  # words that are printed in lower case somewhere
    names: set[str] = field(default_factory=set)  # ids that are taken

    def is_usable(self, feature: Feature) -> bool:
        """Whether a phrase may be made of it: no names, whose words are never printed in lower case."""
        return is_usable(feature) and self.common.issuperset(feature)

    def having(self, items: Iterable[Item], texts: Collection[int]) -> set[int]:
        """Return those of the texts that hold all the words."""
        found = set(texts)
        for item in items:
            if not isinstance(item, str):
                found.intersection_update(self.features.get(item, ()))
        return found


@dataclass(frozen=True)
class Shortfall:
    """Where a lesson goes wrong: texts by place."""

    lesson: str
    missed: tuple[int, ...]
    wrong: tuple[int, ...]  # false alarms
    right: tuple[int, ...]  # found as they should be
    rest: tuple[int, ...]  # that do not bear it


def candidates(ground: Ground, short: Shortfall) -> Iterator[Candidate]:
    """Yield what might mend a lesson, at most `MOST` of each kind."""
    yield from _phrases(ground, short)
    yield from _pairs(ground, short)
    yield from _parts(ground, short)
    yield from _exclusions(ground, short)


_Seen = dict[tuple[Item, ...], set[int]]


def _keyest(
    ground: Ground, seen: _Seen, size: int, rest: Collection[int], bar: float = LIKELY
) -> list[tuple[float, int, tuple[Item, ...]]]:
    """Return what enough texts show and is key to them against the rest, the keyest first."""
    ranked = []
    for items, texts in seen.items():
        if len(texts) >= ground.least:
            there = len(ground.having(items, rest))
            key = log_likelihood(len(texts), there, size, len(rest))
            if key >= bar:
                ranked.append((key, len(texts), items))
    return sorted(ranked, key=lambda one: (-one[0], -one[1], str(one[2])))[:MOST]


def _phrases(ground: Ground, short: Shortfall) -> Iterator[Candidate]:
    """Words that are key to missed texts, as rules of one part."""
    seen: _Seen = defaultdict(set)
    for text in short.missed:
        for feature in ground.of[text]:
            if ground.is_usable(feature):
                seen[(feature,)].add(text)
    for key, support, items in _keyest(ground, seen, len(short.missed), short.rest):
        yield _new_rule(ground, short.lesson, items, key, support)


def _pairs(ground: Ground, short: Shortfall) -> Iterator[Candidate]:
    """Words, or a class of the lesson's rules and a word, near each other in missed texts, as rules of two parts."""
    classes = _classes(ground, short.lesson)
    common = {feature for feature, texts in _counted(ground, short.missed).items() if len(texts) >= ground.least}
    seen: _Seen = defaultdict(set)
    for text in short.missed:
        looked = ground.texts[text]
        for one, other in _near(looked, _placed(ground, short.lesson, looked, classes, common)):
            seen[one, other].add(text)
    for key, support, items in _keyest(ground, seen, len(short.missed), short.rest):
        yield _new_rule(ground, short.lesson, items, key, support)


def _counted(ground: Ground, texts: Iterable[int]) -> Mapping[Feature, set[int]]:
    counted: dict[Feature, set[int]] = defaultdict(set)
    for text in texts:
        for feature in ground.of[text]:
            if len(feature) < 3 and ground.is_usable(feature):
                counted[feature].add(text)
    return counted


def _placed(
    ground: Ground, lesson: str, looked: Looked, classes: Sequence[str], common: Collection[Feature]
) -> list[tuple[int, int, Item]]:
    """Return what a pair may be made of in a text, with its words, in order."""
    placed: list[tuple[int, int, Item]] = [
        (start, start + len(feature), feature) for start, feature in runs(looked.words, 2) if feature in common
    ]
    for name in classes:
        placed += ((*span, name) for span in spans(ground.bench, [name], lesson, looked))
    return sorted(placed, key=lambda one: (one[0], one[1], str(one[2])))


def _near(looked: Looked, placed: Sequence[tuple[int, int, Item]]) -> Iterator[tuple[Item, Item]]:
    sentences = looked.words.sentences
    for number, (start, end, one) in enumerate(placed):
        for first, _, other in placed[number + 1 :]:
            if first - end > WITHIN or sentences[first] != sentences[start]:
                break
            if first >= end and one != other and not (isinstance(one, str) and isinstance(other, str)):
                yield one, other


def _classes(ground: Ground, lesson: str) -> list[str]:
    """Classes that stand by themselves in parts of the lesson's rules, with their @."""
    parts = (part for rule in ground.lexicon.lesson(lesson).rules for part in rule.parts)
    return sorted({phrase for part in parts for phrase in part if _BARE.fullmatch(phrase)})


def _parts(ground: Ground, short: Shortfall) -> Iterator[Candidate]:
    """Words that stand where only one part of a rule is missing, for that part or for the class it names."""
    found = []
    for rule in ground.lexicon.lesson(short.lesson).rules:
        for place in range(len(rule.parts)) if len(rule.parts) > 1 else ():
            seen: _Seen = defaultdict(set)
            for text in short.missed:
                for feature in _beside(ground, rule, place, ground.texts[text]):
                    seen[(feature,)].add(text)
            # that they stand beside the other parts says more than how often they stand elsewhere, so no bar
            keyest = _keyest(ground, seen, len(short.missed), short.rest, 0.0)
            found += [(key, support, items, rule, place) for key, support, items in keyest]
    found.sort(key=lambda one: (-one[0], -one[1]))
    members = set()
    for key, support, items, rule, place in found[:MOST]:
        yield _wider(rule, place, items, key, support)
        for phrase in rule.parts[place]:
            if (phrase, items) not in members and _is_own_class(ground.lexicon, rule.lesson, phrase):
                members.add((phrase, items))
                yield _member(ground.lexicon, rule.lesson, phrase[1:], items, key, support)


def _beside(ground: Ground, rule: Rule, place: int, looked: Looked) -> set[Feature]:
    """Words within reach of the other parts of a rule, where these stand."""
    found: set[Feature] = set()
    matches = gaps(ground.bench, rule, place, looked)
    if not matches:
        return found
    sentences = looked.words.sentences
    for start, feature in runs(looked.words, 2):
        end = start + len(feature)
        for match in matches:
            first, last = match[0][0], match[-1][1]
            is_free = all(end <= left or right <= start for left, right in match)
            is_near = start - last <= rule.within and first - end <= rule.within
            if is_free and is_near and sentences[start] == sentences[first] and ground.is_usable(feature):
                found.add(feature)
    return found


def _exclusions(ground: Ground, short: Shortfall) -> Iterator[Candidate]:
    """Words over what was wrongly found, and words of its sentence, that what was rightly found has not."""
    over: _Seen = defaultdict(set)
    whole: _Seen = defaultdict(set)
    for text in short.wrong:
        looked = ground.texts[text]
        mine = [one for one in ground.bench.mentions(looked) if one.lesson == short.lesson and one.counted]
        places = looked.words.places
        for start, feature in runs(looked.words):
            if not ground.is_usable(feature):
                continue
            first, last = places[start][0], places[start + len(feature) - 1][1]
            if any(left < last and first < right for one in mine for left, right in one.parts):
                if len(feature) > 1:  # one word alone is what the rule looks for
                    over[(feature,)].add(text)
            else:
                whole[(feature,)].add(text)
    for seen, is_whole in ((over, False), (whole, True)):
        for key, support, items in _keyest(ground, seen, len(short.wrong), short.right)[: MOST // 2]:
            if is_whole and len(items[0]) == 1 and key < SURE:
                continue  # a single word that chances to stand in a few long sentences
            yield _exclusion(ground, short.lesson, items, key, support, is_whole=is_whole)


def _new_rule(ground: Ground, lesson: str, items: tuple[Item, ...], key: float, support: int) -> Candidate:
    name = _name(ground, f"{lesson}.", items)
    parts = tuple((_written(item),) for item in items)
    rule = Rule(name, lesson, parts, _nowhere(ground.lexicon), within=WITHIN)
    return Candidate("rule", lesson, name, 0, items, Trial((rule,), (), _new(items, lesson)), key, support)


def _wider(rule: Rule, place: int, items: tuple[Item, ...], key: float, support: int) -> Candidate:
    parts = list(rule.parts)
    parts[place] = (*parts[place], _written(items[0]))
    trial = Trial((replace(rule, parts=tuple(parts)),), (), _new(items, rule.lesson))
    return Candidate("phrase", rule.lesson, rule.id, place + 1, items, trial, key, support)


def _exclusion(
    ground: Ground, lesson: str, items: tuple[Item, ...], key: float, support: int, *, is_whole: bool
) -> Candidate:
    name = _name(ground, f"{lesson}.x.", items)
    parts = tuple((_written(item),) for item in items)
    exclusion = Exclusion(name, lesson, parts, _nowhere(ground.lexicon), whole_sentence=is_whole)
    return Candidate("exclusion", lesson, name, 0, items, Trial((), (exclusion,), _new(items, lesson)), key, support)


def _is_own_class(lexicon: Lexicon, lesson: str, phrase: str) -> bool:
    """Whether a phrase is a class of the lesson alone, whose members decide nothing but parts and exclusions."""
    if not _BARE.fullmatch(phrase) or f"{lesson}.{phrase[1:]}" not in lexicon.classes:
        return False
    others = [member for members in lexicon.classes.values() for member in members]
    others += [one for rule in lexicon.lesson(lesson).rules for one in (*rule.under, *rule.header)]
    return not any(phrase[1:] in class_names(other) for other in others)


def _member(lexicon: Lexicon, lesson: str, name: str, items: tuple[Item, ...], key: float, support: int) -> Candidate:
    """A new member of a class: every list that names the class gets what the member makes of it."""
    word = _written(items[0])
    new: dict[str, None] = {}

    def more(phrases: tuple[str, ...]) -> tuple[str, ...]:
        made = [_swapped(phrase, name, word) for phrase in phrases if name in class_names(phrase)]
        new.update(dict.fromkeys(made))
        return (*phrases, *made)

    def all_more(lists: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(map(more, lists))

    found = lexicon.lesson(lesson)
    rules = tuple(
        replace(
            rule,
            parts=all_more(rule.parts),
            needs=all_more(rule.needs),
            unless=more(rule.unless),
            not_before=more(rule.not_before),
            not_after=more(rule.not_after),
        )
        for rule in found.rules
    )
    exclusions = tuple(replace(one, parts=all_more(one.parts)) for one in found.exclusions)
    changed = tuple(rule for rule, old in zip(rules, found.rules, strict=True) if rule != old)
    narrowed = tuple(one for one, old in zip(exclusions, found.exclusions, strict=True) if one != old)
    trial = Trial(changed, narrowed, tuple((phrase, lesson) for phrase in new))
    return Candidate("member", lesson, f"{lesson}.{name}", 0, items, trial, key, support)


def _swapped(phrase: str, name: str, word: str) -> str:
    """Return what a phrase becomes with a word in the place of a class."""
    if phrase == f"@{name}":
        return word
    used = class_names(phrase).count(name)
    return re.sub(rf"@{name}(?![\w.])", f"({word})" if used == 1 else f"(@{name}|{word})", phrase)


def _written(item: Item) -> str:
    return item if isinstance(item, str) else " ".join(item)


def _new(items: Iterable[Item], lesson: str) -> tuple[tuple[str, str], ...]:
    return tuple((_written(item), lesson) for item in items if not isinstance(item, str))


def _name(ground: Ground, prefix: str, items: Iterable[Item]) -> str:
    """Return an id that nothing has yet."""
    name = prefix + "-".join(_written(item).lstrip("@").replace(" ", "-").replace("_", "-") for item in items)
    return name if name not in ground.names else f"{name}-drafted"


def _nowhere(lexicon: Lexicon) -> Origin:
    return Origin(lexicon.path, 0)
