# SPDX-License-Identifier: Apache-2.0
"""The question sets about the Debian handbook in Tests/Handbook: how they are read, and the rules they keep.

A set is a list of entries. One that the book answers has `question`, `page` (a file name), `gold` (the fact, as the
page has it) and `span` (the place of the page's text where it stands); an English one has `paraphrased` too. One
that the book does not answer has `question` and `unanswerable`: "plain", with the `noun` that the book never has, or
"near". In a Chinese set `turns_on` names the word of two characters by which the passage is found.
Texts are what `martlet kb show DOCUMENT --text` prints, by file name.
"""
import json
import os
import re

PASSAGE = 900  # characters, with the span in the middle
TEXTS = ("question", "page", "gold", "span", "turns_on", "unanswerable", "noun")  # keys whose values are texts
RARE = 12  # times that a gold string may stand in the whole book, so that few wrong passages have it by chance

STOP_WORDS = frozenset("""
a about above across after again against all also am an and any anybody anyone anything are around as at be because
been before being below between both but by can cannot could did do does doing down during each either else even ever
every few for from further get gets getting got had has have having he her here hers him his how i if in into is it
its itself just let ll may many me might more most much must my myself neither no nor not nothing now of off on once
one only onto or other our ours out over own per rather re same shall she should since so some somebody someone
something such than that the their them themselves then there these they this those through thus to too under until up
upon us ve very want was we were what whatever when where whether which while who whom whose why will with without
would yet you your yours yourself arent cant couldnt didnt doesnt dont hadnt hasnt havent id ill im isnt ive lets
shouldnt thats wasnt werent whats wont wouldnt youre
""".split())


def stem(word):
    """A word without its commonest English endings."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ation", "ion", "ment", "ing", "ed", "ly", "er"):
        if word.endswith(ending) and len(word) - len(ending) >= 4 - (ending in ("ing", "ed")):
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word[-1] == "y" else word


def words(text):
    """The stems of a text's words, lower-cased and without apostrophes, stop words left out."""
    plain = re.sub("['\u2019]", "", text.lower())
    return [stem(word) for word in re.findall(r"[^\W_]+", plain) if word not in STOP_WORDS]


def content_words(text):
    """The different stems of a text's content words, in the order of their first place."""
    return list(dict.fromkeys(words(text)))


def overlap(question, passage):
    """The share of the question's content words that the passage has."""
    asked, there = content_words(question), set(words(passage))
    return sum(word in there for word in asked) / len(asked) if asked else 0.0


def is_paraphrased(question, passage_text):
    """Whether fewer than half of the question's content words stand in the passage."""
    return overlap(question, passage_text) < 0.5


def passage(text, span):
    """The 900 characters around a span of a text, fewer where the text begins or ends."""
    start = text.index(span)
    middle = start + len(span) // 2
    low = max(0, min(start, middle - PASSAGE // 2))
    return text[low : max(start + len(span), low + PASSAGE)]


def load(path):
    """The entries of a set; a ValueError if the file holds anything else."""
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)
    if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and all(isinstance(entry.get(key, ""), str) for key in TEXTS) for entry in entries):
        raise ValueError(f"{path} is not a list of questions")
    return entries


def read_texts(folder):
    """The extracted texts of a folder, by the page's file name."""
    texts = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".html"):
            with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
                texts[name] = file.read()
    return texts


def has_han(text):
    return re.search("[\u4e00-\u9fff]", text) is not None


def check_answerable(entry, texts, chinese):
    """What is wrong with one entry that the book answers."""
    missing = [key for key in ("question", "page", "gold", "span") if not entry.get(key)]
    if missing:
        return [f"lacks {', '.join(missing)}"]
    question, gold, span = entry["question"], entry["gold"], entry["span"]
    text = texts.get(entry["page"])
    if text is None:
        return [f"{entry['page']} is no page of the book"]
    wrong = []
    if gold not in span:
        wrong.append("the gold string is not in the span")
    if gold.lower() in question.lower():
        wrong.append("the gold string is in the question")
    if len(gold) < 3 and not has_han(gold):
        wrong.append("the gold string is shorter than three characters")
    times = sum(other.lower().count(gold.lower()) for other in texts.values())
    if times > RARE:
        wrong.append(f"the gold string stands {times} times in the book")
    if text.count(span) != 1:
        return wrong + [f"the span stands {text.count(span)} times in the page"]
    around = passage(text, span)
    if chinese:
        if not has_han(span):
            wrong.append("the span is not translated")
        word = entry.get("turns_on")
        if word is not None and len(word) != 2:
            wrong.append(f"turns on {word}, which is not two characters")
        if word is not None and (word not in question or word not in around):
            wrong.append(f"{word} is not in both the question and the passage")
    elif not isinstance(entry.get("paraphrased"), bool):
        wrong.append("does not say whether it is paraphrased")
    elif entry["paraphrased"] != is_paraphrased(question, around):
        share = overlap(question, around)
        wrong.append(f"paraphrased is {entry['paraphrased']}, but {share:.0%} of its words are in the passage")
    return wrong


def check_unanswerable(entry, texts):
    """What is wrong with one entry that the book does not answer."""
    kind, noun = entry["unanswerable"], entry.get("noun", "")
    if not entry.get("question"):
        return ["lacks question"]
    if kind == "near":
        book = set(words("\n".join(texts.values())))
        strange = [word for word in content_words(entry["question"]) if word not in book]
        return [f"near, but the book never has {', '.join(strange)}"] if strange else []
    if kind != "plain":
        return [f"unanswerable is {kind!r}, neither plain nor near"]
    if not noun or noun.lower() not in entry["question"].lower():
        return ["its noun is not in the question"]
    pages = [name for name, text in texts.items() if noun.lower() in text.lower()]
    return [f"{noun} is in {', '.join(pages)}"] if pages else []


def check(set, texts):
    """What is wrong with a set, a line each; nothing if it keeps every rule."""
    wrong = []
    chinese = any(has_han(entry.get("question", "")) for entry in set)
    answerable = [entry for entry in set if "unanswerable" not in entry]
    kinds = [entry["unanswerable"] for entry in set if "unanswerable" in entry]
    if chinese:
        counts = [("answerable", len(answerable), 20), ("unanswerable", len(kinds), 0),
                  ("turning on a word of two characters", sum("turns_on" in entry for entry in answerable), 10)]
    else:
        counts = [("answerable", len(answerable), 25), ("plain", kinds.count("plain"), 6),
                  ("near", kinds.count("near"), 6),
                  ("paraphrased", sum(entry.get("paraphrased") is True for entry in answerable), 13)]
        pages = len({entry.get("page") for entry in answerable})
        if pages < 20:
            wrong.append(f"only {pages} pages are asked about, not 20")
    wrong += [f"{count} questions are {kind}, not {must}" for kind, count, must in counts if count != must]
    questions = [entry.get("question", "") for entry in set]
    wrong += [f"asked twice: {question}" for question in dict.fromkeys(questions) if questions.count(question) > 1]
    for entry in set:
        problems = (check_unanswerable(entry, texts) if "unanswerable" in entry
                    else check_answerable(entry, texts, chinese))
        wrong += [f"{entry.get('question', 'an entry')}: {problem}" for problem in problems]
    return wrong
